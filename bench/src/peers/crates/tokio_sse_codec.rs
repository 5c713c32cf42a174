//! The peer `tokio_sse_codec`.

use ::tokio_sse_codec::{Event, Frame, SseDecoder, SseEncoder};
use bytes::BytesMut;
use tokio_util::codec::Encoder as _;

use crate::peers::{Encoder, Peer, decode};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its codec.
#[derive(Default)]
pub(super) struct TokioSseCodec(BytesMut);

impl Peer for TokioSseCodec {
    const NAME: &'static str = "tokio_sse_codec";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        decode(feed, SseDecoder::<String>::new(), |frame| match frame {
            Frame::Event(event) => {
                let id = event.id.as_deref().unwrap_or_default();
                sink.event(&event.name, &event.data, id)
            }
            _ => Ok(()),
        })
    }
}

impl Encoder for TokioSseCodec {
    const NAME: &'static str = "tokio_sse_codec";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        let mut encoder = SseEncoder::new();
        for data in payloads.drain(..) {
            let (id, name) = (None, "message".into());
            // Writing to memory does not fail.
            let _ = encoder.encode(Frame::Event(Event { id, name, data }), &mut self.0);
        }
        put(&self.0);
    }
}
