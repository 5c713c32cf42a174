// esse subject: the stream of npm undici that parses for its EventSource. The events are those that
// its EventSource dispatches, so its `processEvent` stays in the way.
import {createRequire} from 'node:module'
import {body, serve} from './protocol.mjs'

const {EventSourceStream} = createRequire(import.meta.url)('undici/lib/web/eventsource/eventsource-stream.js')

async function parse(chunks, got, clock) {
  const settings = {lastEventId: '', reconnectionTime: null}
  const push = (event) => {
    if (event === null) return true
    const {type, options} = event
    got.events.push({type, data: options.data, lastEventId: options.lastEventId, afterChunk: clock.afterChunk})
    return true
  }
  const stream = new EventSourceStream({eventSourceSettings: settings, push})
  for await (const chunk of body(chunks, clock)) {
    await new Promise((done, failed) => stream.write(chunk, (error) => (error ? failed(error) : done())))
  }
  got.lastEventId = settings.lastEventId
  got.reconnectionTime = settings.reconnectionTime
}

await serve({name: 'undici', capabilities: ['chunks', 'afterChunk', 'reconnectionTime', 'lastEventId'], parse})
