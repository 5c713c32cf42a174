// esse subject: npm @microsoft/fetch-event-source, over a `fetch` that answers with the chunks. When
// the stream has ended it connects again: what it sends and how long it waits tell the rest.
import {body, serve} from './protocol.mjs'

globalThis.document = {addEventListener() {}, removeEventListener() {}}
const {fetchEventSource} = await import('./node_modules/@microsoft/fetch-event-source/lib/cjs/index.js')

const DEFAULT_RETRY = 1000
const headers = new Headers({'content-type': 'text/event-stream'})

function parse(chunks, got, clock) {
  const stop = new AbortController()
  let [requests, retry] = [0, null]
  globalThis.window = {
    clearTimeout() {},
    setTimeout(again, milliseconds) {
      got.reconnectionTime = milliseconds === DEFAULT_RETRY ? retry : milliseconds
      again()
    },
  }
  const fetch = async (_, request) => {
    if (requests++ === 0) return {body: body(chunks, clock), status: 200, headers}
    got.lastEventId = request.headers['last-event-id'] ?? ''
    stop.abort()
  }
  const onmessage = (message) => {
    got.events.push({type: message.event || 'message', data: message.data, afterChunk: clock.afterChunk})
    retry = message.retry ?? retry
  }
  const onclose = () => {
    throw new Error('connect again')
  }
  return fetchEventSource('http://localhost', {fetch, onmessage, onclose, openWhenHidden: true, signal: stop.signal})
}

await serve({
  name: '@microsoft/fetch-event-source',
  capabilities: ['chunks', 'afterChunk', 'reconnectionTime', 'lastEventId'],
  parse,
})
