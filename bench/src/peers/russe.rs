//! The peer `russe`.

use ::russe::{Decoder, Event, Message};
use bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Encoder as _};

use super::{Encoder, Peer};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its codec, with the copy into the buffer that a framed reader makes. It gives messages: their
/// users set the default type, and an ID is not carried on to the next one.
#[derive(Default)]
pub(super) struct Russe(BytesMut);

impl Peer for Russe {
    const NAME: &'static str = "russe";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
        for bytes in feed.slices() {
            buffer.extend_from_slice(bytes);
            while let Some(event) = decoder.decode(&mut buffer)? {
                if let Event::Message(message) = event {
                    let event_type = message.event.as_deref().unwrap_or("message");
                    let id = message.id.as_deref().unwrap_or_default();
                    sink.event(event_type, message.data.as_bytes(), id)?;
                }
            }
        }
        Ok(())
    }
}

impl Encoder for Russe {
    const NAME: &'static str = "russe";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        for payload in payloads.drain(..) {
            let message = Message {
                data: payload.into(),
                event: None,
                retry: None,
                id: None,
            };
            // Only a type or an ID can be refused.
            let _ = ::russe::Encoder::default().encode(Event::Message(message), &mut self.0);
        }
        put(&self.0);
    }
}
