// esse subject: npm eventsource, over a `fetch` that answers with the chunks. It has no listener
// for all types, so what it dispatches is looked at on the way.
import {EventSource} from 'eventsource'
import {body, serve} from './protocol.mjs'

const headers = new Headers({'content-type': 'text/event-stream'})

function parse(chunks, got, clock) {
  const fetch = async () => ({body: body(chunks, clock), status: 200, headers, redirected: false, url: ''})
  return new Promise((ended) => {
    class Watched extends EventSource {
      dispatchEvent(event) {
        if (event instanceof MessageEvent) {
          const {type, data, lastEventId} = event
          got.events.push({type, data, lastEventId, afterChunk: clock.afterChunk})
        } else if (event.type === 'error') {
          this.close()
          ended()
        }
        return super.dispatchEvent(event)
      }
    }
    new Watched('http://localhost', {fetch})
  })
}

await serve({name: 'eventsource', capabilities: ['chunks', 'afterChunk'], parse})
