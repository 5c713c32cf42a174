//! The peer `sse-stream`.

use ::sse_stream::{Sse, SseByteStream};

use crate::peers::{Encoder, Peer, drain, stream};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its stream. It gives blocks. One without data is not an event, users set the default
/// type themselves, and an ID is not carried on to the next block.
#[derive(Default)]
pub(super) struct SseStream;

impl Peer for SseStream {
    const NAME: &'static str = "sse-stream";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        drain(SseByteStream::new(stream::<I>(feed)), |block| {
            let block = block?;
            let Some(data) = &block.data else {
                return Ok(());
            };
            let event_type = block.event.as_deref().unwrap_or("message");
            sink.event(event_type, data, block.id.as_deref().unwrap_or_default())
        })
    }
}

/// A buffer for each event.
impl Encoder for SseStream {
    const NAME: &'static str = "sse-stream";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        for payload in payloads.drain(..) {
            put(&Sse::default().data(payload).encode().unwrap_or_default());
        }
    }
}
