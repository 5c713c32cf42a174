//! The peer `eventsource-stream`.

use ::eventsource_stream::EventStream;

use crate::peers::{Peer, drain, stream};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its stream.
pub(super) struct EventsourceStream;

impl Peer for EventsourceStream {
    const NAME: &'static str = "eventsource-stream";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        drain(EventStream::new(stream::<I>(feed)), |event| {
            let event = event?;
            sink.event(&event.event, &event.data, &event.id)
        })
    }
}
