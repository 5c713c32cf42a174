// Driver of the npm package event-source-plus.
import { EventSourcePlus, EventStreamContentType } from "../javascript/node_modules/event-source-plus/dist/index.mjs";
import { closeAfter, request, say, start, url } from "./driver.mjs";

start("event-source-plus", ["closeAfterMs", "method", "headers"]);
// Its messages have only IDs of their own: users keep the last.
let lastEventId = "";
// It has no hook for the end of a stream: the next request shows it.
let isOpen = false;
const lose = why => {
  say({ error: why });
  isOpen = false;
};
const controller = new EventSourcePlus(url, request).listen({
  onRequest: () => isOpen && lose("the end of the stream"),
  onRequestError: ({ error }) => lose(String(error)),
  // For all other responses it calls `onResponseError`.
  onResponse({ response }) {
    isOpen = response.ok && !!response.headers.get("content-type")?.includes(EventStreamContentType);
    if (isOpen) say({ open: true });
  },
  onResponseError: ({ response }) => lose(String(response.status)),
  onMessage({ event, data, id }) {
    lastEventId = id ?? lastEventId;
    say({ type: event, data, lastEventId });
  },
});
controller.onAbort(({ type }) => {
  if (type === "error") say({ told: type });
  say({ closed: type });
});
closeAfter(() => controller.abort());
