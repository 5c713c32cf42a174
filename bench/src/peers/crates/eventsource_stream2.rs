//! The peer `eventsource-stream2`.

use ::eventsource_stream2::EventStream;

use crate::peers::{Peer, drain, stream};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its stream.
pub(super) struct EventsourceStream2;

impl Peer for EventsourceStream2 {
    const NAME: &'static str = "eventsource-stream2";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        drain(EventStream::new(stream::<I>(feed)), |event| {
            let event = event?;
            sink.event(&event.event, &event.data, &event.id)
        })
    }
}
