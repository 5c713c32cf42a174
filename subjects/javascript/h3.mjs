// esse subject: the encoder of npm h3, by the body of its response.
import {createEventStream, mockEvent} from 'h3'
import {serve} from './protocol.mjs'

async function encode({comment, event, retry, fields, data, id}) {
  if (fields) return {skipped: 'writes no other fields'}
  const members = [event, retry, data, id].some((member) => member !== undefined)
  if (comment !== undefined && members) return {skipped: 'writes a comment on its own'}
  if (members && data === undefined) return {skipped: 'writes no message without data'}
  const stream = createEventStream(mockEvent('http://localhost'))
  const text = new Response(stream.body).text()
  if (comment !== undefined) await stream.pushComment(comment)
  else if (members) await stream.push({event, retry, data, id})
  await stream.flush()
  await stream.close()
  return text
}

await serve({name: 'h3', encode})
