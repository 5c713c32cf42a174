"""serve.py ROOT TESTHARNESS: serves a folder of web-platform-tests with wptserve, on loopback.

Prints the URL of a page that runs all tests of the folder, and then what it posts: the results of each page as a
line of JSON. Ends when stdin does.

In the project itself this is the job of `wpt serve` and `wpt run`. The files beside this one stand in for files of
its repository; testharness.js is the project's own.
"""

import json
import os
import re
import sys
import threading
from urllib.parse import parse_qs

from wptserve.handlers import handler, python_script_handler, file_handler
from wptserve.server import WebTestHttpd
from wptserve.stash import StashServer

HERE = os.path.dirname(os.path.abspath(__file__))
META = re.compile(r"// META: (\w+)=(.*)")
WRAPPER = """<!doctype html>
<meta charset=utf-8>
%(meta)s
<script src="/resources/testharness.js"></script>
<script src="/resources/testharnessreport.js"></script>
%(scripts)s
<div id=log></div>
<script src="%(name)s.window.js"></script>
"""

printing = threading.Lock()


def main():
    root, testharness = map(os.path.abspath, sys.argv[1:])
    javascript = b"text/javascript; charset=utf-8"
    routes = [
        ("POST", "/results", results),
        ("GET", "/run", a_file(os.path.join(HERE, "run.html"), b"text/html; charset=utf-8")),
        ("GET", "/pages", pages_of(root)),
        ("GET", "/resources/testharness.js", a_file(testharness, javascript)),
        ("GET", "/resources/testharnessreport.js", a_file(os.path.join(HERE, "testharnessreport.js"), javascript)),
        ("GET", "/common/utils.js", a_file(os.path.join(HERE, "utils.js"), javascript)),
        ("GET", "*.window.html", wrapper_of(root)),
        ("*", "*.py", python_script_handler),
        ("GET", "*", file_handler),
    ]
    with StashServer():
        server = WebTestHttpd(host="127.0.0.1", port=0, doc_root=root, routes=routes)
        server.start()
        say(server.get_url("/run"))
        sys.stdin.read()
        server.stop()


def say(line):
    with printing:
        print(line, flush=True)


@handler
def results(request, response):
    say(json.dumps(json.loads(request.body)))
    return [(b"Content-Type", b"text/plain")], b"ok"


def a_file(path, media_type):
    @handler
    def serve(request, response):
        with open(path, "rb") as file:
            return [(b"Content-Type", media_type)], file.read()

    return serve


def pages_of(root):
    """The URL of each page in each of its variants."""
    urls = []
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith(".window.js"):
                path = os.path.join(folder, name)
                url = "/" + os.path.relpath(path, root).replace(".window.js", ".window.html")
                urls.extend(url + variant for variant in meta(path).get("variant", [""]))

    @handler
    def serve(request, response):
        wanted = parse_qs(request.url_parts.query).get("only", urls)
        pages = [url for url in urls if url in wanted]
        return [(b"Content-Type", b"application/json")], json.dumps(pages)

    return serve


def wrapper_of(root):
    @handler
    def serve(request, response):
        path = request.url_parts.path
        all_meta = meta(os.path.join(root, path.lstrip("/").replace(".window.html", ".window.js")))
        timeout = '<meta name="timeout" content="long">' if all_meta.get("timeout") == ["long"] else ""
        scripts = "\n".join('<script src="%s"></script>' % script for script in all_meta.get("script", []))
        name = os.path.basename(path).replace(".window.html", "")
        page = WRAPPER % {"meta": timeout, "scripts": scripts, "name": name}
        return [(b"Content-Type", b"text/html; charset=utf-8")], page

    return serve


def meta(path):
    """The META lines at the start of a script."""
    found = {}
    with open(path, "r", encoding="utf-8") as file:
        for line in file:
            match = META.match(line)
            if not match:
                break
            found.setdefault(match.group(1), []).append(match.group(2).strip())
    return found


if __name__ == "__main__":
    main()
