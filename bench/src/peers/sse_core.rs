//! The peer `sse-core`.

use std::num::NonZeroUsize;

use ::sse_core::{SseDecoder, SseEvent};

use super::Peer;
use crate::Feed;
use crate::sink::{Sink, Stop};

/// Its sans-I/O decoder, with esse's limit in place of its 512 KiB.
pub(super) struct SseCore;

const LIMIT: NonZeroUsize = NonZeroUsize::new(64 << 20).unwrap();

impl Peer for SseCore {
    const NAME: &'static str = "sse-core";

    fn parse(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut decoder = SseDecoder::with_limit(LIMIT);
        for mut bytes in feed.slices() {
            while let Some(event) = decoder.next(&mut bytes).transpose()? {
                if let SseEvent::Message(event) = event {
                    let id = event.last_event_id.as_deref();
                    sink.event(&event.event, &event.data, id.unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }
}
