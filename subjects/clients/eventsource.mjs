// Driver of an `EventSource` in JavaScript: `node eventsource.mjs FILE URL` imports it from a file, and
// `node --experimental-eventsource eventsource.mjs - URL` takes the one of Node.
const [file, url] = process.argv.slice(2);
const EventSource = file === "-" ? globalThis.EventSource : (await import(new URL(file, import.meta.url))).EventSource;
const say = line => process.stdout.write(`${JSON.stringify(line)}\n`);

const source = new EventSource(url);
// All types of events in the scenarios.
for (const name of ["message", "x", "left", "open", "error"])
  source.addEventListener(name, event => {
    if ("data" in event) say({ type: event.type, data: event.data, lastEventId: event.lastEventId });
    else if (name === "open") say({ open: true });
    else if (source.readyState === source.CLOSED) {
      say({ told: "error" });
      say({ closed: "readyState" });
    } else say({ error: "readyState" });
  });
const closeAfter = process.env.SSE_CLOSE_AFTER_MS;
if (closeAfter)
  setTimeout(() => {
    source.close();
    say({ closed: "close" });
  }, Number(closeAfter));
setInterval(() => {}, 60000); // so that it can be seen that nothing follows
