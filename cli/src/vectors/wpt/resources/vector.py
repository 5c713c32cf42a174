"""Serves the event stream of a parse vector to one EventSource, and records its connections.

vector.py?group=G&id=I&cut=C&run=R   the stream; each connection after it gets 204, which ends the EventSource
vector.py?run=R&report               the connection after the stream, as JSON, or null; the record is removed

`cut` is `whole`, `bytes` (each byte is written by itself) or `own` (the cut that the vector is about). If the
vector has the last event ID of an earlier connection, that connection comes first.
"""

import base64
import json
import os
import re
import time

# Seconds between two pieces of a stream, so that they are likely to arrive as two.
PAUSE = 0.003
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
# The stream of the earlier connection. vectors.js knows its data, too.
BEFORE = b"retry: 1\ndata: before\nid: %s\n\n"
# HTTP takes spaces and tabs off both ends of a value.
BLANKS = b"\t\n\x0c\r "


def main(request, response):
    arrived = time.monotonic()
    run = request.GET.first(b"run")
    if b"report" in request.GET:
        return report(request, run)
    response.add_required_headers = False
    response.close_connection = True
    vector = read_vector(request)
    initial = vector.get("initialLastEventId")
    nth = record(request, run, "connections", arrived) + (0 if initial is not None else 1)
    if nth == 0:
        response.writer.write(HEAD + BEFORE % initial.encode("utf-8"))
    elif nth == 1:
        send(request, response, run, pieces(vector, request.GET.first(b"cut")))
    else:
        last_event_id = request.headers.get(b"Last-Event-ID", b"").strip(BLANKS)
        record(request, run, "again", [arrived, last_event_id.decode("utf-8", "backslashreplace")])
        response.writer.write(NO_CONTENT)


def read_vector(request):
    group = request.GET.first(b"group").decode("ascii")
    if not re.fullmatch("[a-z0-9-]+", group):
        raise ValueError("not a group: " + group)
    path = os.path.join(os.path.dirname(__file__), group + ".json")
    with open(path, "r", encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    name = request.GET.first(b"id").decode("ascii")
    return next(vector for vector in vectors if vector["id"] == name)


def pieces(vector, cut):
    stream = base64.b64decode(vector["stream"])
    if cut == b"bytes":
        lengths = [1] * len(stream)
    elif cut == b"own":
        lengths = vector["chunks"]
    else:
        lengths = [len(stream)]
    at = 0
    for length in lengths:
        if length:
            yield stream[at:at + length]
        at += length


def send(request, response, run, pieces):
    """The first piece goes with the head, so that a whole stream arrives at once."""
    bytes_to_write = HEAD
    for index, piece in enumerate(pieces):
        if index:
            response.writer.write(bytes_to_write)
            bytes_to_write = b""
            time.sleep(PAUSE)
        bytes_to_write += piece
    # The EventSource may begin to wait as soon as it has the last bytes, so this comes before them.
    record(request, run, "ended", time.monotonic())
    response.writer.write(bytes_to_write)


def record(request, run, name, value):
    """Adds a value to a list of the record, and returns how many were in it."""
    stash = request.server.stash
    with stash.lock:
        seen = stash.take(run) or {"connections": [], "ended": [], "again": []}
        seen[name].append(value)
        stash.put(run, seen)
    return len(seen[name]) - 1


def report(request, run):
    stash = request.server.stash
    with stash.lock:
        seen = stash.take(run)
    again = None
    if seen and seen["ended"] and seen["again"]:
        at, last_event_id = seen["again"][0]
        again = {"afterMs": 1000 * (at - seen["ended"][0]), "lastEventId": last_event_id}
    return [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")], json.dumps(again)
