//! `UnfinishedEvent`: a response ends within an event.
//!
//! A subscriber is a stream of frames, which may be wrapped in others, so it cannot pass an error on.
//! But its body is polled on the same thread.

use std::cell::Cell;
use std::error::Error;
use std::fmt;

thread_local! {
    static UNFINISHED: Cell<Option<UnfinishedEvent>> = const { Cell::new(None) };
}

/// The error with which a [`Sink`](crate::Sink) ends within an event: the
/// [source](crate::Record::from_source) of the event failed, or the subscriber was ended meanwhile.
///
/// HTTP must not end such a response as if it were complete (RFC 9112, section 8). So servers close
/// the connection, or reset the stream of HTTP/2. Clients reconnect, as after any end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnfinishedEvent;

/// The subscriber that is being polled has ended within an event.
pub(crate) fn end_within_event() {
    UNFINISHED.set(Some(UnfinishedEvent));
}

/// Polls something, and says whether a subscriber in it has ended within an event.
pub(crate) fn watch<T>(poll: impl FnOnce() -> T) -> (T, Option<UnfinishedEvent>) {
    // A subscriber without a body may have left something.
    UNFINISHED.set(None);
    let polled = poll();
    (polled, UNFINISHED.get())
}

impl fmt::Display for UnfinishedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the response ends within an event: its source failed, or it was ended meanwhile",
        )
    }
}

impl Error for UnfinishedEvent {}
