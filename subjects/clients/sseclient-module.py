"""Driver of the PyPI package sseclient. It has neither an event for the start of a stream nor a way to close it. Its
module has the same name as that of sseclient-py, so it is loaded by its file."""

import importlib.metadata
import importlib.util
import os
import sys
import time
from contextlib import redirect_stdout

from driver import URL, say, start

start("sseclient", "retryMs")
file = importlib.metadata.distribution("sseclient").locate_file("sseclient.py")
spec = importlib.util.spec_from_file_location("btubbs_sseclient", file)
sseclient = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sseclient)


class Client(sseclient.SSEClient):
    """Reports each connection and each loss."""

    def _connect(self):
        if hasattr(self, "resp"):
            say(error=True)
        super()._connect()
        say(open=True)


options = {"retry": int(os.environ["SSE_RETRY_MS"])} if "SSE_RETRY_MS" in os.environ else {}
try:
    # The package prints errors.
    with redirect_stdout(sys.stderr):
        client = Client(URL, **options)
        for event in client:
            # Blocks without data are handed out too, and the last ID is kept in the client.
            if event.data:
                say(type=event.event or "message", data=event.data, lastEventId=client.last_id or "")
except Exception as error:
    say(told=repr(error))
say(closed=True)
time.sleep(3600)
