// esse subject: npm fetch-event-stream. It gives blocks: those without data are no events, and its
// users set the default type and keep the ID.
import {events} from 'fetch-event-stream'
import {body, serve} from './protocol.mjs'

async function parse(chunks, got, clock) {
  for await (const block of events(new Response(body(chunks, clock)))) {
    if (block.id !== undefined) got.lastEventId = String(block.id)
    got.reconnectionTime = block.retry ?? got.reconnectionTime
    if (block.data === undefined) continue
    const {event, data} = block
    got.events.push({type: event || 'message', data, lastEventId: got.lastEventId, afterChunk: clock.afterChunk})
  }
}

await serve({
  name: 'fetch-event-stream',
  capabilities: ['chunks', 'afterChunk', 'reconnectionTime', 'lastEventId'],
  parse,
})
