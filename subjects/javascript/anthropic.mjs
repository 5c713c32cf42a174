// esse subject: the decoder inside npm @anthropic-ai/sdk, below the JSON. It tells neither IDs nor `retry`.
import {_iterSSEMessages} from '@anthropic-ai/sdk/core/streaming'
import {body, serve} from './protocol.mjs'

async function parse(chunks, got, clock) {
  const response = new Response(body(chunks, clock))
  for await (const {event, data} of _iterSSEMessages(response, new AbortController())) {
    got.events.push({type: event || 'message', data, afterChunk: clock.afterChunk})
  }
}

await serve({name: '@anthropic-ai/sdk', capabilities: ['chunks', 'afterChunk'], parse})
