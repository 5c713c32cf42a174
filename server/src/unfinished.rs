//! `UnfinishedEvent`: a response breaks off.
//!
//! A subscriber is a stream of frames, which may be wrapped in others, so it cannot pass an error on.
//! But its body is polled on the same thread.

use std::cell::Cell;
use std::error::Error;
use std::fmt;

thread_local! {
    static IS_UNFINISHED: Cell<bool> = const { Cell::new(false) };
}

/// The error with which a [`Sink`](crate::Sink) ends within an event, because the
/// [source](crate::Record::from_source) of the event failed, or the subscriber was ended meanwhile. Or
/// [its frames](crate::TryFrames) broke off.
///
/// HTTP must not end such a response as if it were complete (RFC 9112, section 8). So servers close
/// the connection, or reset the stream of HTTP/2. Clients reconnect, as after any end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnfinishedEvent;

/// The stream that is being polled has ended before it was complete. It says so each time that it is
/// polled after its end, because the first time may be out of its body.
pub(crate) fn end_unfinished() {
    IS_UNFINISHED.set(true);
}

/// Polls something, and says whether a stream in it has ended before it was complete. It may be within
/// what another `observe` polls.
pub(crate) fn observe<T>(poll: impl FnOnce() -> T) -> (T, bool) {
    // Of another stream in the same body, or of a stream without a body.
    let before = IS_UNFINISHED.take();
    let polled = poll();
    let is_unfinished = IS_UNFINISHED.get();
    IS_UNFINISHED.set(is_unfinished || before);
    (polled, is_unfinished)
}

impl fmt::Display for UnfinishedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the response is not complete: its source failed, or it was ended within an event",
        )
    }
}

impl Error for UnfinishedEvent {}
