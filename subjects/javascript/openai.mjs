// esse subject: the decoder inside npm openai, below the JSON. It tells neither IDs nor `retry`.
import {_iterSSEMessages} from 'openai/core/streaming'
import {body, serve} from './protocol.mjs'

async function parse(chunks, got, clock) {
  const response = new Response(body(chunks, clock))
  for await (const {event, data} of _iterSSEMessages(response, new AbortController())) {
    got.events.push({type: event || 'message', data, afterChunk: clock.afterChunk})
  }
}

await serve({name: 'openai', capabilities: ['chunks', 'afterChunk'], parse})
