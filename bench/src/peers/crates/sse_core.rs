//! The peer `sse-core`.

use std::num::NonZeroUsize;

use ::sse_core::{MessageEvent, SseDecoder, SseEvent, SseStream};

use crate::peers::{Peer, drain, stream};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its sans-I/O decoder, with esse's limit in place of its 512 KiB.
pub(super) struct SseCore;

const LIMIT: NonZeroUsize = NonZeroUsize::new(64 << 20).unwrap();

impl Peer for SseCore {
    const NAME: &'static str = "sse-core";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut decoder = SseDecoder::with_limit(LIMIT);
        for mut bytes in feed.slices() {
            while let Some(event) = decoder.next(&mut bytes).transpose()? {
                if let SseEvent::Message(event) = event {
                    put(sink, &event)?;
                }
            }
        }
        Ok(())
    }
}

/// Its stream, with that limit.
pub(super) struct OfStream;

impl Peer for OfStream {
    const NAME: &'static str = SseCore::NAME;

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut events = SseStream::with_decoder(SseDecoder::with_limit(LIMIT));
        events.attach(stream::<I>(feed));
        drain(events, |event| match event? {
            SseEvent::Message(event) => put(sink, &event),
            SseEvent::Retry(_) => Ok(()),
        })
    }
}

fn put(sink: &mut impl Sink, event: &MessageEvent) -> Result<(), Stop> {
    let id = event.last_event_id.as_deref();
    sink.event(&event.event, &event.data, id.unwrap_or_default())
}
