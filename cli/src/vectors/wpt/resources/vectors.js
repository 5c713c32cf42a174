// Runs the parse vectors of one group in one cut: an EventSource for each, whose events, last event ID and
// reconnection time are compared with what the vector expects.

"use strict";

// Browsers open six connections to a server. An EventSource that waits to connect again holds none, so of those
// there can be more.
const AT_ONCE = 6;
// Milliseconds for a stream to end.
const STREAM_PATIENCE = 30000;
// Milliseconds for the EventSource to connect again.
const RECONNECT_PATIENCE = 20000;
// How much later than its time it may do so. The standard sets no limit (9.2.3), but without one a reconnection time
// that is ignored would not be noticed.
const SLACK = 2500;
// A reconnection time longer than this is not waited for: within NEVER_PATIENCE there must be no connection.
const NEVER = 8000;
const NEVER_PATIENCE = 9000;
// The data of the event that leaves a last event ID behind; vector.py sends it.
const BEFORE = "before";

function run_vectors(group) {
  setup({ explicit_done: true });
  const cut = new URLSearchParams(location.search).get("cut");
  vectors_of(group).then(vectors => {
    vectors = vectors.filter(vector => vector.cuts.includes(cut));
    const runs = vectors.map(vector => new Run(group, cut, vector));
    for (const run of runs)
      promise_test(async () => assert_seen(await run.seen, run.vector, cut), run.vector.id);
    start(runs);
    done();
  });
}

async function vectors_of(group) {
  const response = await fetch(`resources/${group}.json`);
  return (await response.json()).vectors;
}

function start(runs) {
  const queue = runs.values();
  const worker = async () => {
    for (const run of queue) {
      run.open();
      await run.ended;
    }
  };
  for (let i = 0; i < AT_ONCE; i++)
    worker();
}

// One vector in one cut. `ended` resolves when its stream has ended, and `seen` when all is known of it.
class Run {
  constructor(group, cut, vector) {
    this.id = token();
    this.query = new URLSearchParams({ group, id: vector.id, cut, run: this.id });
    this.vector = vector;
    this.reconnects = cut === "whole";
    this.events = [];
    // The streams that have to end: also that of the earlier connection.
    this.streams = vector.initialLastEventId === undefined ? 1 : 2;
    this.ended = new Promise(resolve => this.resolveEnded = resolve);
    this.seen = new Promise(resolve => this.resolveSeen = resolve);
  }

  open() {
    this.source = new EventSource(`resources/vector.py?${this.query}`);
    this.wait(STREAM_PATIENCE, { timedOut: true });
    for (const type of this.vector.types)
      this.source.addEventListener(type, event => this.note(event));
    this.source.addEventListener("error", event => this.lost(event));
  }

  note(event) {
    if (event instanceof MessageEvent)
      this.events.push({ type: event.type, data: event.data, lastEventId: event.lastEventId });
  }

  // An event of the stream may be called `error`: that is a MessageEvent. Another one is the end of a connection.
  lost(event) {
    if (event instanceof MessageEvent)
      return;
    if (this.source.readyState === EventSource.CLOSED)
      return this.finish({});
    this.streams -= 1;
    if (this.streams !== 0)
      return;
    this.resolveEnded();
    if (!this.reconnects)
      return this.finish({});
    const never = this.vector.expect.some(reading => reading.reconnectionTime > NEVER);
    this.wait(never ? NEVER_PATIENCE : RECONNECT_PATIENCE, {});
  }

  wait(patience, outcome) {
    this.waiting = (this.waiting || 0) + 1;
    const nth = this.waiting;
    step_timeout(() => {
      if (nth === this.waiting)
        this.finish(outcome);
    }, patience);
  }

  async finish({ timedOut = false }) {
    this.waiting += 1;
    this.source.close();
    this.resolveEnded();
    let reconnection = null;
    try {
      const response = await fetch(`resources/vector.py?run=${this.id}&report`);
      reconnection = await response.json();
    } catch (error) {
      timedOut = true;
    }
    this.resolveSeen({ timedOut, events: this.events, reconnection });
  }
}

// A vector of level `may` has several outcomes, and each is right.
function assert_seen(seen, vector, cut) {
  assert_false(seen.timedOut, "the stream should end");
  if (vector.initialLastEventId !== undefined) {
    const before = { type: "message", data: BEFORE, lastEventId: vector.initialLastEventId };
    assert_equals(JSON.stringify(seen.events.shift()), JSON.stringify(before), "the event of the earlier connection");
  }
  const wrong = vector.expect.map(reading => differences(seen, reading, cut));
  assert_true(wrong.some(each => each.length === 0), `${vector.comment} ${(wrong[0] || []).join("; ")}`);
}

function differences(seen, reading, cut) {
  const wrong = [];
  const differ = (name, actual, expected) => {
    if (actual !== expected)
      wrong.push(`${name}: ${actual}, and should be ${expected}`);
  };
  differ("events", JSON.stringify(seen.events), JSON.stringify(reading.events));
  if (cut !== "whole")
    return wrong;
  if (seen.reconnection === null) {
    if (!(reading.reconnectionTime > NEVER))
      wrong.push("it should connect again");
    return wrong;
  }
  differ("Last-Event-ID", JSON.stringify(seen.reconnection.lastEventId), JSON.stringify(sent(reading.lastEventId)));
  // If the stream sets no time, the browser has its own.
  const due = reading.reconnectionTime;
  const after = seen.reconnection.afterMs;
  if (due !== null && (after < due || after > due + SLACK))
    wrong.push(`it connected again after ${after} ms, and should wait ${due} ms`);
  return wrong;
}

// HTTP takes spaces and tabs off both ends of a value.
function sent(id) {
  return id.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
}
