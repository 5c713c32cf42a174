// esse subject, protocol version 1: npm eventsource-parser, used as its users use it:
// bytes through a streaming TextDecoder, text into `feed`. The package asks for Node 22.12; it has
// passed the same vectors on Node 20.
import {readFileSync} from 'node:fs'
import {createParser} from 'eventsource-parser'

const manifest = new URL('./node_modules/eventsource-parser/package.json', import.meta.url)

const start = () => ({
  version: 1,
  name: 'eventsource-parser',
  language: 'JavaScript',
  implementationVersion: JSON.parse(readFileSync(manifest, 'utf8')).version,
  homepage: 'https://github.com/rexxars/eventsource-parser',
  roles: ['parser'],
  capabilities: ['chunks', 'afterChunk', 'comments', 'reconnectionTime', 'lastEventId'],
})

function parse({seq, chunks}) {
  const got = {seq, events: [], lastEventId: '', reconnectionTime: null, comments: []}
  let afterChunk = 0
  const parser = createParser({
    onEvent: ({event = 'message', data}) =>
      got.events.push({type: event, data, lastEventId: got.lastEventId, afterChunk}),
    // Called when a blank line ends the block, before `onEvent`: the last event ID.
    onId: (id) => (got.lastEventId = id),
    onRetry: (milliseconds) => (got.reconnectionTime = milliseconds),
    onComment: (comment) => got.comments.push(comment),
  })
  const decoder = new TextDecoder()
  for (const chunk of chunks) {
    parser.feed(decoder.decode(Buffer.from(chunk, 'base64'), {stream: true}))
    afterChunk += 1
  }
  parser.feed(decoder.decode()) // an event of this call is out after the end of the stream
  return got
}

function answer(command) {
  if (command.cmd === 'start') return start()
  if (command.cmd !== 'parse') return {seq: command.seq, skipped: `no ${command.cmd}`}
  try {
    return parse(command)
  } catch (error) {
    return {seq: command.seq, errored: String(error)}
  }
}

await (async function serve() {
  let pending = ''
  for await (const text of process.stdin.setEncoding('utf8')) {
    const lines = (pending + text).split('\n')
    pending = lines.pop()
    for (const command of lines.map((line) => JSON.parse(line))) {
      if (command.cmd === 'stop') return
      console.log(JSON.stringify(answer(command)))
    }
  }
})()
