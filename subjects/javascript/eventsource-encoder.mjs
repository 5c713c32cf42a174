// esse subject: npm eventsource-encoder.
import {encode} from 'eventsource-encoder'
import {orRejected, serve} from './protocol.mjs'

await serve({
  name: 'eventsource-encoder',
  encode({comment, event, retry, fields, data, id}) {
    if (fields) return {skipped: 'writes no other fields'}
    if (comment === undefined) return orRejected(() => encode({event, retry, data, id}))
    const more = [event, retry, data, id].some((member) => member !== undefined)
    return more ? {skipped: 'writes a comment on its own'} : orRejected(() => encode({comment}))
  },
})
