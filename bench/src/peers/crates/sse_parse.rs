//! The peer `sse-parse`.

use ::sse_parse::{Event, EventStream, SseParser};

use crate::peers::{Peer, drain, stream};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its sans-I/O parser.
pub(super) struct SseParse;

impl Peer for SseParse {
    const NAME: &'static str = "sse-parse";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut parser = SseParser::new();
        for bytes in feed.slices() {
            parser.feed(bytes);
            while let Some(event) = parser.next_event() {
                put(sink, &event)?;
            }
        }
        Ok(())
    }
}

/// Its stream.
pub(super) struct OfStream;

impl Peer for OfStream {
    const NAME: &'static str = SseParse::NAME;

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        drain(EventStream::new(stream::<I>(feed)), |event| {
            put(sink, &event?)
        })
    }
}

fn put(sink: &mut impl Sink, event: &Event) -> Result<(), Stop> {
    sink.event(&event.event, &event.data, &event.id)
}
