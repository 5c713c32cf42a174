"""What the drivers in Python share: the lines for the suite, and what the environment asks for."""

import importlib.metadata
import json
import os
import sys


def say(**line):
    """Prints a line."""
    print(json.dumps(line), flush=True, file=sys.__stdout__)


def start(name, *options, version=None):
    """Says what a PyPI package is, and which options it has."""
    version = version or importlib.metadata.version(name)
    say(name=name, language="Python", implementationVersion=version, options=options)


URL = sys.argv[-1]


def seconds(name):
    """The time that a variable asks for, if it is set."""
    return int(os.environ[name]) / 1000 if name in os.environ else None
