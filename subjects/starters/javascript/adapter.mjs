// An adapter for `esse conform`. Toy stands for the parser under test: put yours in its place.
import { createInterface } from "node:readline";

const START = {
  version: 1, name: "toy", language: "JavaScript", roles: ["parser"],
  capabilities: ["chunks", "afterChunk", "lastEventId"],
};

class Toy {
  pending = ""; data = []; type = "message"; lastId = "";
  decoder = new TextDecoder();

  *feed(chunk) {
    const lines = (this.pending + this.decoder.decode(chunk, { stream: true })).split("\n");
    this.pending = lines.pop();
    for (const line of lines) {
      const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (name === "data") this.data.push(value);
      else if (name === "event") this.type = value;
      else if (name === "id") this.lastId = value;
      else if (line === "") {
        if (this.data.length) yield { type: this.type, data: this.data.join("\n") };
        this.data = []; this.type = "message";
      }
    }
  }
}

function parse({ chunks }) {
  const toy = new Toy(); // each `parse` is a stream of its own
  const events = [];
  chunks.forEach((chunk, afterChunk) => {
    for (const event of toy.feed(Buffer.from(chunk, "base64")))
      events.push({ ...event, lastEventId: toy.lastId, afterChunk });
  });
  return { events, lastEventId: toy.lastId };
}

function answer(command) {
  if (command.cmd === "start") return START;
  const { seq } = command;
  if (command.cmd !== "parse") return { seq, skipped: `no ${command.cmd}` };
  try {
    return { seq, ...parse(command) };
  } catch (error) {
    return { seq, errored: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.cmd === "stop") process.exit();
  process.stdout.write(JSON.stringify(answer(command)) + "\n"); // logs go to stderr: console.error
}
