"""Driver of the PyPI package sseclient. It has neither an event for the start of a stream nor a way to close it."""

import json, os, sys, time
from contextlib import redirect_stdout

import sseclient

say = lambda **line: print(json.dumps(line), flush=True, file=sys.__stdout__)


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
        client = Client(sys.argv[1], **options)
        for event in client:
            # Blocks without data are handed out too, and the last ID is kept in the client.
            if event.data:
                say(type=event.event or "message", data=event.data, lastEventId=client.last_id or "")
except Exception as error:
    say(told=repr(error))
say(closed=True)
time.sleep(3600)
