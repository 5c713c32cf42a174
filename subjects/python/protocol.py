"""What the adapters share: the subject protocol (version 1), and chunks that say which one it is."""

import base64
import importlib.metadata
import json
import sys


class Clock:
    """The chunk that was handed out last; their number, after the end."""

    after_chunk = -1

    def chunks(self, chunks):
        for self.after_chunk, chunk in enumerate(chunks):
            yield chunk
        self.after_chunk = len(chunks)

    def event(self, event_type, data, last_event_id=None):
        event = {"type": event_type, "data": data, "afterChunk": self.after_chunk}
        return event if last_event_id is None else {**event, "lastEventId": last_event_id}


def serve(name, capabilities=(), parse=None, encode=None):
    """Serves a package: `parse(chunks, clock)` returns the answer, `encode(block)` bytes or an answer."""
    start = {
        "version": 1, "name": name, "language": "Python",
        "implementationVersion": importlib.metadata.version(name),
        "homepage": f"pkg:pypi/{name}",
        "roles": [role for role, call in (("parser", parse), ("encoder", encode)) if call],
        "capabilities": list(capabilities),
    }
    for line in sys.stdin.buffer:
        command = json.loads(line)
        if command["cmd"] == "stop":
            break
        answer = start if command["cmd"] == "start" else answer_to(command, parse, encode)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def answer_to(command, parse, encode):
    try:
        if command["cmd"] == "parse":
            answer = parse([base64.b64decode(chunk) for chunk in command["chunks"]], Clock())
        else:
            answer = encode(command["block"])
    except Exception as error:  # whatever the package raised fails this case alone
        answer = {"errored": repr(error)}
    if isinstance(answer, bytes):
        answer = {"bytes": base64.b64encode(answer).decode()}
    return {"seq": command["seq"], **answer}
