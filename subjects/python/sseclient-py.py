"""esse subject: PyPI sseclient-py. Each event has an ID or none: its users keep the last."""

from protocol import serve
from sseclient import SSEClient


def parse(chunks, clock):
    got = {"events": [], "lastEventId": "", "reconnectionTime": None}
    for event in SSEClient(clock.chunks(chunks)).events():
        got["lastEventId"] = event.id if event.id is not None else got["lastEventId"]
        got["events"].append(clock.event(event.event, event.data, got["lastEventId"]))
        if event.retry and event.retry.isascii() and event.retry.isdigit():  # told as text
            got["reconnectionTime"] = int(event.retry)
    return got


serve("sseclient-py", ["chunks", "afterChunk", "lastEventId", "reconnectionTime"], parse)
