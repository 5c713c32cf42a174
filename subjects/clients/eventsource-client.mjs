// Driver of the npm package eventsource-client.
import { createEventSource } from "../javascript/node_modules/eventsource-client/dist/node.cjs.mjs";
import { closeAfter, request, say, start, url } from "./driver.mjs";

start("eventsource-client", ["closeAfterMs", "method", "headers"]);
// It calls `onConnect` before it looks at the response, and `onDisconnect` before it closes: `readyState` says, right
// after that, what the response made of the connection.
const source = createEventSource({
  url,
  ...request,
  onConnect: () => queueMicrotask(() => source.readyState === "open" && say({ open: true })),
  onDisconnect: () => queueMicrotask(() => source.readyState === "closed" && say({ closed: "readyState" })),
  onScheduleReconnect: ({ delay }) => say({ error: `again in ${delay} ms` }),
  // Its events have only IDs of their own, and it keeps the last.
  onMessage: ({ event, data }) => say({ type: event || "message", data, lastEventId: source.lastEventId ?? "" }),
});
closeAfter(() => {
  source.close();
  say({ closed: "close" });
});
