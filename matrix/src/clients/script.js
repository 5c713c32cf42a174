// Runs in the page of a scenario. `names` are the types of events, `window.name` is the URL to connect to, and the
// lines are those of a driver.
"use strict";

// JSON text must be Unicode: half a surrogate pair is spelt out.
const spellOut = text => text.replace(/\p{Surrogate}/gu, unit => `<surrogate ${unit.charCodeAt(0).toString(16)}>`);
const say = line => parent.postMessage(JSON.stringify(line), "*");

const source = new EventSource(window.name);
for (const name of names)
  source.addEventListener(name, event => {
    // An event of the stream may be called `open` or `error`: that is a MessageEvent.
    if (event instanceof MessageEvent)
      say({ type: spellOut(event.type), data: spellOut(event.data), lastEventId: spellOut(event.lastEventId) });
    else if (name === "open") say({ open: true });
    else if (source.readyState === EventSource.CLOSED) {
      say({ told: "error" });
      say({ closed: "readyState" });
    } else say({ error: "readyState" });
  });
