// A server with npm hono on Node: streamSSE for each request, in a set.
import {serve as listen} from '../javascript/node_modules/@hono/node-server/dist/index.mjs'
import {Hono} from '../javascript/node_modules/hono/dist/index.js'
import {streamSSE} from '../javascript/node_modules/hono/dist/helper/streaming/index.js'
import {atOnce, serve} from './protocol.mjs'

const streams = new Set()
const app = new Hono().get('/events', (context) =>
  streamSSE(
    context,
    (stream) =>
      new Promise((end) => {
        const entry = {stream, end}
        streams.add(entry)
        stream.onAbort(() => {
          streams.delete(entry)
          end()
        })
      }),
  ),
)
listen({fetch: app.fetch, port: 0, hostname: '127.0.0.1'}, ({port}) =>
  serve({
    name: 'hono',
    port,
    options: ['ids', 'types', 'shutdown'],
    publish: (event) => atOnce([...streams].map(({stream}) => stream.writeSSE(event))),
    close: () => streams.forEach(({end}) => end()),
  }),
)
