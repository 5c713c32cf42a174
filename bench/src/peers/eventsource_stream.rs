//! The peer `eventsource-stream`.

use std::convert::Infallible;

use ::eventsource_stream::EventStream;
use futures_util::{StreamExt, stream};

use super::{Peer, drain};
use crate::Feed;
use crate::sink::{Sink, Stop};

/// Its stream over slices.
pub(super) struct EventsourceStream;

impl Peer for EventsourceStream {
    const NAME: &'static str = "eventsource-stream";

    fn parse(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let chunks = stream::iter(feed.slices()).map(Ok::<_, Infallible>);
        drain(EventStream::new(chunks), |event| {
            let event = event?;
            sink.event(&event.event, &event.data, &event.id)
        })
    }
}
