// Driver of the npm package launchdarkly-eventsource.
import { createRequire } from "node:module";
import { closeAfter, request, retryMs, say, start, url } from "./driver.mjs";

start("launchdarkly-eventsource", ["retryMs", "closeAfterMs", "method", "headers"]);
const { EventSource } = createRequire(import.meta.url)("../javascript/node_modules/launchdarkly-eventsource");

const source = new EventSource(url, { ...request, initialRetryDelayMillis: retryMs });
let error;
// All types of events in the scenarios.
for (const type of ["message", "x", "left", "open", "error"])
  source.addEventListener(type, event => {
    if ("data" in event) say({ type: event.type, data: event.data, lastEventId: event.lastEventId });
    else if (type === "open") say({ open: true });
    else error = event.message || event.status || type;
  });
// After an `error`, or the `end` of a stream, one of these says what follows.
source.addEventListener("retrying", ({ delayMillis }) => {
  say({ error: `again in ${delayMillis} ms` });
  error = undefined;
});
source.addEventListener("closed", () => {
  if (error) say({ told: error });
  say({ closed: true });
});
closeAfter(() => source.close());
