import base64, json, sys

START = {"version": 1, "name": "toy", "language": "Python", "roles": ["parser"],
         "capabilities": ["chunks", "afterChunk", "lastEventId"]}


class Toy:
    def __init__(self):
        self.pending, self.data, self.type, self.last_id = b"", [], "message", ""

    def feed(self, chunk):
        *lines, self.pending = (self.pending + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.decode(errors="replace").partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                self.data.append(value)
            elif name == "event":
                self.type = value
            elif name == "id":
                self.last_id = value
            elif not line:
                if self.data:
                    yield self.type, "\n".join(self.data)
                self.data, self.type = [], "message"


def parse(command):
    toy, events = Toy(), []
    for index, chunk in enumerate(command["chunks"]):
        for kind, data in toy.feed(base64.b64decode(chunk)):
            events.append({"type": kind, "data": data, "lastEventId": toy.last_id, "afterChunk": index})
    return {"events": events, "lastEventId": toy.last_id}


for line in sys.stdin:
    command = json.loads(line)
    if command["cmd"] == "stop":
        break
    if command["cmd"] == "start":
        answer = START
    else:
        try:
            answer = {"seq": command["seq"], **parse(command)}
        except Exception as error:
            answer = {"seq": command["seq"], "errored": repr(error)}
    print(json.dumps(answer), flush=True)
