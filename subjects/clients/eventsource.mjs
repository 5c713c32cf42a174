// Driver of an `EventSource` in JavaScript: `node eventsource.mjs eventsource URL` takes the one of the npm package, and
// `node --experimental-eventsource eventsource.mjs undici URL` the one of Node.
import { closeAfter, say, start, url } from "./driver.mjs";

const name = process.argv[2];
const { undici, node } = process.versions;
start(name, ["closeAfterMs"], name === "undici" ? `${undici} (Node ${node})` : undefined);
const { EventSource } =
  name === "undici" ? globalThis : await import(`../javascript/node_modules/${name}/dist/index.js`);

const source = new EventSource(url);
// All types of events in the scenarios.
for (const type of ["message", "x", "left", "open", "error"])
  source.addEventListener(type, event => {
    if ("data" in event) say({ type: event.type, data: event.data, lastEventId: event.lastEventId });
    else if (type === "open") say({ open: true });
    else if (source.readyState === source.CLOSED) {
      say({ told: "error" });
      say({ closed: "readyState" });
    } else say({ error: "readyState" });
  });
closeAfter(() => {
  source.close();
  say({ closed: "close" });
});
