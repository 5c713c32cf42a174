//! The peer `sse-codec`.

use ::sse_codec::{Event, SSECodec};
use futures_codec::{BytesMut, Decoder as _, Encoder as _};

use crate::peers::{Encoder, Peer};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its codec, with the copy into the buffer that a framed reader makes.
#[derive(Default)]
pub(super) struct SseCodec(BytesMut);

impl Peer for SseCodec {
    const NAME: &'static str = "sse-codec";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let (mut codec, mut buffer) = (SSECodec::default(), BytesMut::new());
        for bytes in feed.slices() {
            buffer.extend_from_slice(bytes);
            while let Some(event) = codec.decode(&mut buffer)? {
                if let Event::Message { id, event, data } = event {
                    sink.event(&event, &data, id.as_deref().unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }
}

impl Encoder for SseCodec {
    const NAME: &'static str = "sse-codec";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        for data in payloads.drain(..) {
            let (id, event) = (None, "message".into());
            // Writing to memory does not fail.
            let _ = SSECodec::default().encode(Event::Message { id, event, data }, &mut self.0);
        }
        put(&self.0);
    }
}
