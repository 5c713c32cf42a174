// What the adapters share: the subject protocol (version 1), and a body that hands out a chunk at a time.
import {readFileSync} from 'node:fs'

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8')).version

/** Serves an npm package: `parse(chunks, got, clock)` fills `got`, `encode(block)` returns the text. */
export async function serve({name, capabilities = [], parse, encode}) {
  const roles = [parse && 'parser', encode && 'encoder'].filter(Boolean)
  const start = {
    version: 1, name, language: 'JavaScript', implementationVersion: versionOf(name),
    homepage: `pkg:npm/${name}`, roles, capabilities,
  }
  const answer = async ({cmd, seq, chunks, block}) => {
    if (cmd === 'start') return start
    try {
      return {seq, ...(cmd === 'parse' ? await parsed(parse, chunks) : await encoded(encode, block))}
    } catch (error) {
      return {seq, errored: String(error)}
    }
  }
  let pending = []
  for await (const text of process.stdin.setEncoding('utf8')) {
    const lines = text.split('\n')
    if (lines.length > 1) lines[0] = pending.splice(0).join('') + lines[0]
    pending.push(lines.pop())
    for (const command of lines.map((line) => JSON.parse(line))) {
      if (command.cmd === 'stop') return
      const line = exact(JSON.stringify(await answer(command))) + '\n'
      if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    }
  }
}

/** JSON with a reconnection time in all the digits of its double: JavaScript writes no more than 17. */
const exact = (json) =>
  json.replace(/"reconnectionTime":(\d[\d.e+]*)/, (whole, time) =>
    Number.isInteger(+time) ? `"reconnectionTime":${BigInt(+time)}` : whole,
  )

async function parsed(parse, chunks) {
  const got = {events: [], lastEventId: '', reconnectionTime: null, comments: []}
  await parse(chunks.map((chunk) => new Uint8Array(Buffer.from(chunk, 'base64'))), got, {afterChunk: -1})
  return got
}

async function encoded(encode, block) {
  const written = await encode(block)
  return typeof written === 'string' ? {bytes: Buffer.from(written).toString('base64')} : written
}

/** A body of a response: all that a chunk brings about has happened before the next one is there. */
export function body(chunks, clock) {
  const pull = async (controller) => {
    if (clock.afterChunk >= 0) await new Promise(setImmediate)
    clock.afterChunk += 1
    if (clock.afterChunk < chunks.length) controller.enqueue(chunks[clock.afterChunk])
    else controller.close()
  }
  return new ReadableStream({pull}, {highWaterMark: 0})
}

/** What an encoder that throws for what it refuses makes of a block. */
export function orRejected(write) {
  try {
    return write()
  } catch (error) {
    return {rejected: String(error)}
  }
}
