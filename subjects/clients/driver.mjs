// What the drivers in JavaScript share: the lines for the suite, and what the environment asks for.
import { readFileSync } from "node:fs";

/** Prints a line. */
export const say = line => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Says what an npm package is, and goes on after its end, so that it can be seen that nothing follows. */
export function start(name, options, version = versionOf(name)) {
  say({ name, language: "JavaScript", implementationVersion: version, options });
  setInterval(() => {}, 60000);
}

const versionOf = name =>
  JSON.parse(readFileSync(new URL(`../javascript/node_modules/${name}/package.json`, import.meta.url), "utf8")).version;

/** The URL to connect to: the last argument. */
export const url = process.argv.at(-1);

/** Method, headers and body of the request, if they are set. */
export const request = {};
const { SSE_METHOD, SSE_HEADERS, SSE_BODY, SSE_CLOSE_AFTER_MS, SSE_RETRY_MS } = process.env;
if (SSE_METHOD) request.method = SSE_METHOD;
if (SSE_HEADERS) request.headers = JSON.parse(SSE_HEADERS);
if (SSE_BODY) request.body = SSE_BODY;

/** The reconnection time to begin with, if it is set. */
export const retryMs = SSE_RETRY_MS && Number(SSE_RETRY_MS);

/** Closes the client when the suite asks for it. */
export function closeAfter(close) {
  if (SSE_CLOSE_AFTER_MS) setTimeout(close, Number(SSE_CLOSE_AFTER_MS));
}
