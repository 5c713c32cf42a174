"""esse subject: the encoder of PyPI sse-starlette."""

from protocol import serve
from sse_starlette.event import ServerSentEvent


def encode(block):
    if block.pop("fields", None):
        return {"skipped": "writes no other fields"}
    return ServerSentEvent(block.pop("data", None), **block).encode()


serve("sse-starlette", encode=encode)
