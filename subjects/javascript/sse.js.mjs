// esse subject: npm sse.js, over an XMLHttpRequest that brings the chunks, decoded as a browser's
// is. It has no listener for all types, so what it dispatches is looked at on the way.
import {SSE} from 'sse.js'
import {serve} from './protocol.mjs'

class Request extends EventTarget {
  static HEADERS_RECEIVED = 2
  status = 200
  responseText = ''
  open() {}
  send() {}
  setRequestHeader() {}
}
globalThis.XMLHttpRequest = Request

function parse(chunks, got, clock) {
  const source = new SSE('http://localhost', {start: false, reconnectDelay: null})
  source.dispatchEvent = (event) => {
    if (event && 'data' in event && 'lastEventId' in event) {
      const {type, data, lastEventId} = event
      got.events.push({type, data, lastEventId, afterChunk: clock.afterChunk})
    }
    return true
  }
  source.stream()
  const {xhr} = source
  const decoder = new TextDecoder()
  for (const chunk of chunks) {
    clock.afterChunk += 1
    xhr.responseText += decoder.decode(chunk, {stream: true})
    xhr.dispatchEvent(new Event('progress'))
  }
  clock.afterChunk += 1
  xhr.responseText += decoder.decode()
  xhr.dispatchEvent(new Event('load'))
  got.lastEventId = source.lastEventId
  got.reconnectionTime = source.reconnectDelay
}

await serve({
  name: 'sse.js',
  capabilities: ['chunks', 'afterChunk', 'lastEventId', 'reconnectionTime'],
  parse,
})
