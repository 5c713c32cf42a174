// Driver of the npm package @microsoft/fetch-event-source, with the error handling that its README shows: without it,
// the end of a stream is the end of the client.
import { closeAfter, request, say, start, url } from "./driver.mjs";

start("@microsoft/fetch-event-source", ["closeAfterMs", "method", "headers"]);
// It is made for browsers. Node has the rest of what it needs.
globalThis.window = globalThis;
globalThis.document = { addEventListener() {}, removeEventListener() {} };
const { EventStreamContentType, fetchEventSource } = await import(
  "../javascript/node_modules/@microsoft/fetch-event-source/lib/cjs/index.js"
);

class RetriableError extends Error {}
class FatalError extends Error {}

// Its messages have only IDs of their own: users keep the last.
let lastEventId = "";
const close = new AbortController();
closeAfter(() => close.abort());
try {
  await fetchEventSource(url, {
    ...request,
    signal: close.signal,
    openWhenHidden: true, // nothing is ever hidden here
    async onopen(response) {
      if (response.ok && response.headers.get("content-type") === EventStreamContentType) {
        say({ open: true });
      } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        throw new FatalError();
      } else {
        throw new RetriableError();
      }
    },
    onmessage({ event, data, id }) {
      lastEventId = id || lastEventId;
      say({ type: event || "message", data, lastEventId });
    },
    onclose() {
      throw new RetriableError();
    },
    onerror(error) {
      if (error instanceof FatalError) throw error;
      say({ error: String(error) });
    },
  });
} catch (error) {
  say({ told: String(error) });
}
say({ closed: true });
