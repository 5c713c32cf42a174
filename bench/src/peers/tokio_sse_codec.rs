//! The peer `tokio_sse_codec`.

use ::tokio_sse_codec::{Event, Frame, SseDecoder, SseEncoder};
use bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Encoder as _};

use super::{Encoder, Peer};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its codec, with the copy into the buffer that a framed reader makes.
#[derive(Default)]
pub(super) struct TokioSseCodec(BytesMut);

impl Peer for TokioSseCodec {
    const NAME: &'static str = "tokio_sse_codec";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let (mut decoder, mut buffer) = (SseDecoder::<String>::new(), BytesMut::new());
        for bytes in feed.slices() {
            buffer.extend_from_slice(bytes);
            while let Some(frame) = decoder.decode(&mut buffer)? {
                if let Frame::Event(event) = frame {
                    let id = event.id.as_deref();
                    sink.event(&event.name, &event.data, id.unwrap_or_default())?;
                }
            }
        }
        Ok(())
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
