"""esse subject: the decoder inside PyPI anthropic, below the JSON."""

from anthropic._streaming import SSEDecoder
from protocol import serve


def parse(chunks, clock):
    got = {"events": [], "lastEventId": "", "reconnectionTime": None}
    for event in SSEDecoder().iter_bytes(clock.chunks(chunks)):
        got["lastEventId"] = event.id if event.id is not None else got["lastEventId"]
        got["events"].append(clock.event(event.event or "message", event.data, got["lastEventId"]))
        got["reconnectionTime"] = event.retry if event.retry is not None else got["reconnectionTime"]
    return got


serve("anthropic", ["chunks", "afterChunk", "lastEventId", "reconnectionTime"], parse)
