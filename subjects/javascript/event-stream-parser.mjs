// esse subject: npm event-stream-parser, which turns a stream of bytes into one of events.
import {parse as events} from 'event-stream-parser'
import {body, serve} from './protocol.mjs'

async function parse(chunks, got, clock) {
  for await (const {type, data, lastEventId} of await events(body(chunks, clock))) {
    got.events.push({type, data, lastEventId, afterChunk: clock.afterChunk})
  }
}

await serve({name: 'event-stream-parser', capabilities: ['chunks', 'afterChunk'], parse})
