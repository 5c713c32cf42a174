//! The peer `sseer`.

use std::convert::Infallible;

use ::sseer::EventStream;
use futures_util::{StreamExt, stream};

use crate::peers::{Peer, drain};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its stream over `Bytes`, whose events share them.
pub(super) struct Sseer;

impl Peer for Sseer {
    const NAME: &'static str = "sseer";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let chunks = stream::iter(feed.chunks()).map(Ok::<_, Infallible>);
        drain(EventStream::new(chunks), |event| {
            let event = event?;
            sink.event(&event.event, event.data.as_bytes(), &event.id)
        })
    }
}
