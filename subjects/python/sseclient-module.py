"""esse subject: PyPI sseclient, over a session of requests that answers with the chunks. Its module
has the same name as that of sseclient-py, so it is loaded by its file."""

import importlib.metadata
import importlib.util
import io

from protocol import serve

file = importlib.metadata.distribution("sseclient").locate_file("sseclient.py")
spec = importlib.util.spec_from_file_location("btubbs_sseclient", file)
sseclient = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sseclient)
sseclient.print = lambda *_: None  # it prints to stdout when the stream ends
DEFAULT_RETRY = 0.5  # no stream can set it


class Ended(BaseException):
    """It connects again when the stream has ended."""


class Response:
    encoding = "utf-8"

    def __init__(self, chunks):
        self.raw, self.chunks = self, (chunk for chunk in chunks if chunk)

    def read(self, _):
        return next(self.chunks, b"")

    def raise_for_status(self):
        pass


class Session:
    def __init__(self, chunks):
        self.responses = iter([Response(chunks)])

    def get(self, *_, **__):
        for response in self.responses:
            return response
        raise Ended


def parse(chunks, clock):
    sseclient.time = type("Time", (), {"sleep": lambda _: None})
    client, events = sseclient.SSEClient("", retry=DEFAULT_RETRY, session=Session(clock.chunks(chunks))), []
    try:
        for event in client:
            events.append(clock.event(event.event, event.data, client.last_id or ""))
    except Ended:
        pass
    retry = None if client.retry == DEFAULT_RETRY else client.retry
    return {"events": events, "lastEventId": client.last_id or "", "reconnectionTime": retry}


serve("sseclient", ["chunks", "afterChunk", "lastEventId", "reconnectionTime"], parse)
