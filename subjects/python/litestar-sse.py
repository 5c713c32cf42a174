"""esse subject: the encoder of PyPI litestar."""

from litestar.response.sse import ServerSentEventMessage
from protocol import serve


def encode(block):
    if block.pop("fields", None):
        return {"skipped": "writes no other fields"}
    return ServerSentEventMessage(**{"data": None, **block}).encode()


serve("litestar", encode=encode)
