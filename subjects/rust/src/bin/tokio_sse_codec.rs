//! esse subject: the crate tokio_sse_codec. It keeps the last ID itself: none is the empty one.

use bytes::Bytes;
use esse_subjects::{AND_COMMENTS, Got, Subject, codec, protocol::millis};
use tokio_sse_codec::{Frame, SseDecoder};

fn parse(chunks: Vec<Bytes>, got: &mut Got) -> Result<(), String> {
    codec::decode(SseDecoder::<String>::new(), chunks, |frame, after| match frame {
        Frame::Event(event) => {
            got.last_event_id = event.id.map(Into::into).unwrap_or_default();
            got.event(event.name, event.data, after);
        }
        Frame::Retry(time) => got.reconnection_time = Some(millis(time)),
        Frame::Comment(comment) => got.comments.push(comment),
    })
}

fn main() {
    Subject::parser("tokio_sse_codec", AND_COMMENTS, parse).serve();
}
