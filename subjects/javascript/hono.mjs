// esse subject: the encoder of npm hono, by the body of its response.
import {Hono} from 'hono'
import {streamSSE} from 'hono/streaming'
import {serve} from './protocol.mjs'

async function encode({comment, event, retry, fields, data, id}) {
  if (fields || comment !== undefined) return {skipped: 'writes no comments and no other fields'}
  if (data === undefined) return {skipped: 'writes no message without data'}
  let refused
  const app = new Hono().get('/', (context) =>
    streamSSE(context, (stream) =>
      stream.writeSSE({event, retry, data, id}).catch((error) => {
        refused = String(error)
      }),
    ),
  )
  const text = await (await app.request('/')).text()
  return refused ? {rejected: refused} : text
}

await serve({name: 'hono', encode})
