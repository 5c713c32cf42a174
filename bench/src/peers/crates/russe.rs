//! The peer `russe`.

use ::russe::{Decoder, Event, Message};
use bytes::BytesMut;
use tokio_util::codec::Encoder as _;

use crate::peers::{Encoder, Peer, decode};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its codec. It gives messages: their users set the default type, and an ID is not carried on to the next one.
#[derive(Default)]
pub(super) struct Russe(BytesMut);

impl Peer for Russe {
    const NAME: &'static str = "russe";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        decode(feed, Decoder::default(), |event| {
            let Event::Message(message) = event else {
                return Ok(());
            };
            let event_type = message.event.as_deref().unwrap_or("message");
            let id = message.id.as_deref().unwrap_or_default();
            sink.event(event_type, message.data.as_bytes(), id)
        })
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
