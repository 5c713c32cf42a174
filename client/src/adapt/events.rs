//! The events of a client alone.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use esse_parser::OwnedEvent;
use futures_core::Stream;

use super::ended::Ended;
use super::item::Item;
use super::source::EventSource;
use super::transport::{Timer, Transport};

/// The events of an [`EventSource`], without its news. Made by [`EventSource::events`].
#[derive(Debug)]
pub struct Events<T: Transport, S: Timer>(pub(super) EventSource<T, S>);

impl<T: Transport, S: Timer> Events<T, S> {
    /// Returns the client itself.
    pub fn into_inner(self) -> EventSource<T, S> {
        self.0
    }

    /// Returns the client itself.
    pub const fn get_ref(&self) -> &EventSource<T, S> {
        &self.0
    }
}

impl<T, S> Stream for Events<T, S>
where
    T: Transport + Unpin,
    S: Timer + Unpin,
{
    type Item = Result<OwnedEvent, Ended>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let source = &mut self.get_mut().0;
        loop {
            match ready!(Pin::new(&mut *source).poll_next(cx)) {
                Some(Ok(Item::Event(event))) => return Poll::Ready(Some(Ok(event))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
