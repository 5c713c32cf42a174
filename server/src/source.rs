//! `Source`: data that is opened anew for each subscriber, and encoded while it is sent.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use esse_encoder::{Block, EventBody, Frame};
use futures_core::Stream;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Where the data of a record comes from, if it is not in memory.
#[derive(Clone)]
pub(crate) struct Source(Arc<dyn Fn() -> Opened + Send + Sync>);

/// The parts of one event, for one subscriber.
pub(crate) type Opened = Pin<Box<dyn Parts + Send>>;

pub(crate) trait Parts {
    /// `None` when the event is complete.
    fn poll_part(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame, BoxError>>>;
}

impl Source {
    pub(crate) fn new<S, E>(
        block: Block<'static>,
        open: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self(Arc::new(move || Box::pin(block.to_body(open()))))
    }

    pub(crate) fn open(&self) -> Opened {
        (self.0)()
    }
}

impl<S, E> Parts for EventBody<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    fn poll_part(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame, BoxError>>> {
        EventBody::poll_part(self, cx)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}
