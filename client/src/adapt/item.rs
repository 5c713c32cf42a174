//! What the stream of a client yields.

use alloc::string::String;
use core::time::Duration;

use esse_parser::{LimitExceeded, OwnedEvent, OwnedItem};

use super::transport::BoxError;
use crate::Cause;

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Item {
    /// A response has begun (9.2.3, "announce the connection").
    Open(http::response::Parts),
    /// An event.
    Event(OwnedEvent),
    /// The connection was lost and will be made again (9.2.3, "reestablish the connection"). This is
    /// news, not an error.
    Reconnecting(Reconnecting),
    /// A block held more than the limits allow, and the policy
    /// [skips](crate::Policy::skips_over_limit) such blocks; or a comment was too long, and is lost
    /// alone.
    Skipped(LimitExceeded),
    /// A comment, if the policy asks for [items](crate::Policy::items).
    Comment(String),
    /// Another item of the stream, if the policy asks for them.
    Other(OwnedItem),
}

impl From<esse_parser::Item<'_>> for Item {
    fn from(item: esse_parser::Item<'_>) -> Self {
        match item.into_owned() {
            OwnedItem::Event(event) => Self::Event(event),
            OwnedItem::Comment(text) => Self::Comment(text),
            other => Self::Other(other),
        }
    }
}

/// A connection that was lost and will be made again.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reconnecting {
    /// Why it was lost.
    pub cause: Cause,
    /// What the transport says about that.
    pub error: Option<BoxError>,
    /// How long the client waits first.
    pub wait: Duration,
    /// The last event ID cannot be sent, because HTTP cannot carry it or it is longer than the policy
    /// allows. The server will begin anew.
    pub is_id_left_out: bool,
    /// The number of the attempt that follows. The first request of all was number 0.
    pub attempt: u32,
}
