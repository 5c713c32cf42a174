//! The peer `sse-parse`.

use ::sse_parse::SseParser;

use super::Peer;
use crate::Feed;
use crate::sink::{Sink, Stop};

/// Its sans-I/O parser.
pub(super) struct SseParse;

impl Peer for SseParse {
    const NAME: &'static str = "sse-parse";

    fn parse(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut parser = SseParser::new();
        for bytes in feed.slices() {
            parser.feed(bytes);
            while let Some(event) = parser.next_event() {
                sink.event(&event.event, &event.data, &event.id)?;
            }
        }
        Ok(())
    }
}
