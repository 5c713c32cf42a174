//! The events of a client alone.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};

use esse_parser::OwnedEvent;
use futures_core::Stream;

use super::chunk_events::ChunkEvents;
use super::ended::Ended;
use super::item::Item;
use super::source::EventSource;
use super::transport::{Timer, Transport};

/// The events of an [`EventSource`], without its news. Made by [`EventSource::events`].
#[derive(Debug)]
#[must_use = "it is a stream: without being polled it does nothing"]
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

impl<T, S> Events<T, S>
where
    T: Transport + Unpin,
    S: Timer + Unpin,
{
    /// Waits for the next chunk of a response, over as many connections as that takes, and returns
    /// its events. They borrow their text, which takes half the time of events that own it.
    ///
    /// Ends as the stream does: with `Err` at most once, then `None`. Dropping the future loses
    /// nothing.
    ///
    /// ```
    /// # use esse_client::{Ended, Events, Timer, Transport};
    /// async fn length_of_data<T, S>(mut events: Events<T, S>) -> Result<usize, Ended>
    /// where
    ///     T: Transport + Unpin,
    ///     S: Timer + Unpin,
    /// {
    ///     let mut length = 0;
    ///     while let Some(chunk) = events.next_chunk().await {
    ///         let mut chunk = chunk?;
    ///         while let Some(event) = chunk.next_event() {
    ///             length += event.data.len();
    ///         }
    ///     }
    ///     Ok(length)
    /// }
    /// ```
    pub async fn next_chunk(&mut self) -> Option<Result<ChunkEvents<'_>, Ended>> {
        let next = poll_fn(|cx| self.0.poll_chunk(cx)).await?;
        match next {
            Ok(()) => self.0.chunk_events().map(Ok),
            Err(ended) => Some(Err(ended)),
        }
    }
}

impl<T, S> Stream for Events<T, S>
where
    T: Transport + Unpin,
    S: Timer + Unpin,
{
    type Item = Result<OwnedEvent, Ended>;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let source = &mut self.get_mut().0;
        let event = |item| match item {
            Item::Event(event) => Some(Poll::Ready(Some(Ok(event)))),
            _ => None,
        };
        loop {
            let next = match source.next_read(event) {
                Some(next) => next,
                None => match source.go_on(cx) {
                    Some(Poll::Ready(Some(Ok(item)))) => event(item),
                    Some(Poll::Ready(Some(Err(ended)))) => Some(Poll::Ready(Some(Err(ended)))),
                    Some(Poll::Ready(None)) => Some(Poll::Ready(None)),
                    Some(Poll::Pending) => Some(Poll::Pending),
                    None => None,
                },
            };
            if let Some(next) = next {
                return next;
            }
        }
    }
}
