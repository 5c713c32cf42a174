// A server with npm h3: an EventStream for each request, in a set.
import {EventStream, H3, serve as listen} from '../javascript/node_modules/h3/dist/_entries/node.mjs'
import {atOnce, serve} from './protocol.mjs'

const streams = new Set()
const app = new H3().get('/events', (event) => {
  const stream = new EventStream(event)
  streams.add(stream)
  stream.onClosed(() => streams.delete(stream))
  return stream
})
const server = listen(app, {port: 0, hostname: '127.0.0.1', silent: true})
await server.ready()
await serve({
  name: 'h3',
  port: new URL(server.url).port,
  options: ['ids', 'types', 'shutdown'],
  publish: (event) => atOnce([...streams].map((stream) => stream.push(event))),
  close: () => atOnce([...streams].map((stream) => stream.close())),
})
