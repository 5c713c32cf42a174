"""esse subject, protocol version 1: PyPI httpx-sse, driven through an `httpx.Response`
whose body arrives in the given chunks, so that all line splitting is the library's own."""

import base64
import importlib.metadata
import json
import sys

import httpx
import httpx_sse

START = {
    "version": 1,
    "name": "httpx-sse",
    "language": "Python",
    "implementationVersion": importlib.metadata.version("httpx-sse"),
    "homepage": "https://github.com/florimondmanca/httpx-sse",
    "roles": ["parser"],
    "capabilities": ["chunks", "afterChunk", "reconnectionTime", "lastEventId"],
}


def parse(command):
    got = {"seq": command["seq"], "events": [], "lastEventId": "", "reconnectionTime": None}
    after_chunk = 0

    def body():
        nonlocal after_chunk
        for after_chunk, chunk in enumerate(command["chunks"]):
            yield base64.b64decode(chunk)
        after_chunk = len(command["chunks"])  # what comes now waited for the end of the stream

    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body())
    for sse in httpx_sse.EventSource(response).iter_sse():
        got["events"].append(
            {"type": sse.event, "data": sse.data, "lastEventId": sse.id, "afterChunk": after_chunk}
        )
        # The two lines with which the library's documentation resumes a stream.
        got["lastEventId"] = sse.id
        got["reconnectionTime"] = sse.retry if sse.retry is not None else got["reconnectionTime"]
    return got


def answer(command):
    if command["cmd"] == "start":
        return START
    if command["cmd"] != "parse":
        return {"seq": command["seq"], "skipped": f"no {command['cmd']}"}
    try:
        return parse(command)
    except Exception as error:  # whatever the library raised fails this case alone
        return {"seq": command["seq"], "errored": repr(error)}


for line in sys.stdin.buffer:
    command = json.loads(line)
    if command["cmd"] == "stop":
        break
    print(json.dumps(answer(command)), flush=True)
