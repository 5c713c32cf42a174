// Runs the scenarios of one group: an EventSource for each. What it fires and what it sends is compared with what
// the scenario expects.

"use strict";

// Browsers open six connections to a server: one is left for reports.
const AT_ONCE = 5;
// Milliseconds in which something that is expected must happen.
const PATIENCE = 20000;
// Milliseconds between two reports.
const MOMENT = 200;

function run_scenarios(group) {
  setup({ explicit_done: true });
  scenarios_of(group).then(scenarios => {
    const runs = scenarios.map(scenario => new Run(group, scenario));
    for (const run of runs)
      promise_test(async () => assert_seen(await run.seen, run.scenario), run.scenario.id);
    start(runs);
    done();
  });
}

async function scenarios_of(group) {
  const response = await fetch(`resources/${group}.json`);
  return (await response.json()).scenarios;
}

function start(runs) {
  const queue = runs.values();
  const worker = async () => {
    for (const run of queue)
      await run.run();
  };
  for (let i = 0; i < AT_ONCE; i++)
    worker();
}

// One scenario. `seen` resolves when it is over.
class Run {
  constructor(group, scenario) {
    this.id = token();
    this.query = new URLSearchParams({ group, id: scenario.id, run: this.id });
    this.scenario = scenario;
    this.fired = [];
    this.seen = new Promise(resolve => this.resolveSeen = resolve);
  }

  async run() {
    const { expect, types } = this.scenario;
    const source = new EventSource(`resources/scenario.py?${this.query}`);
    for (const type of types)
      source.addEventListener(type, event => this.fired.push(describe(event, source)));
    let requests = [];
    try {
      const end = performance.now() + PATIENCE;
      while (performance.now() < end && !this.isComplete(requests)) {
        await passed(MOMENT);
        requests = await this.report("report");
      }
      await passed(expect.quietMs);
      source.close();
      requests = await this.report("over");
    } catch (error) {
      this.fired.push(`no report: ${error}`);
    }
    source.close();
    this.resolveSeen({ fired: this.fired, requests });
  }

  isComplete(requests) {
    const { expect } = this.scenario;
    return this.fired.length >= expect.fired.length && requests.length >= expect.requests.length;
  }

  async report(kind) {
    const response = await fetch(`resources/scenario.py?run=${this.id}&${kind}`);
    return response.json();
  }
}

function passed(time) {
  return new Promise(resolve => step_timeout(resolve, time));
}

// An event of the stream may be called `open` or `error`: that is a MessageEvent.
function describe(event, source) {
  if (event instanceof MessageEvent)
    return JSON.stringify({ type: event.type, data: event.data, lastEventId: event.lastEventId });
  if (event.type === "error" && source.readyState === EventSource.CLOSED)
    return "closed";
  return event.type;
}

function assert_seen({ fired, requests }, { rule, expect }) {
  const expected = expect.fired.map(each => typeof each === "string" ? each : JSON.stringify(each));
  assert_equals(fired.join("\n"), expected.join("\n"), `${rule} The events`);
  const least = expect.requests.length;
  assert_between_inclusive(requests.length, least, least + expect.more, `${rule} The number of requests`);
  expect.requests.forEach((request, index) => assert_request(requests[index], request, `${rule} Request ${index + 1}:`));
}

function assert_between_inclusive(actual, least, most, description) {
  assert_greater_than_equal(actual, least, description);
  assert_less_than_equal(actual, most, description);
}

function assert_request(actual, expected, description) {
  assert_equals(actual.method, "GET", `${description} the method`);
  assert_equals(actual.path, expected.path, `${description} the path`);
  for (const [name, value] of Object.entries(expected.headers))
    assert_equals(name in actual.headers ? actual.headers[name] : null, value, `${description} ${name}`);
  if (expected.afterMs !== null && actual.afterMs !== null)
    assert_greater_than_equal(actual.afterMs, expected.afterMs, `${description} the wait before it`);
}
