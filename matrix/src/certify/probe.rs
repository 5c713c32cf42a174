//! A probe: one stream, sent to a browser in one way. And what the browser made of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One stream, sent in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe {
    /// The stream in the pieces in which it is sent. None of them is empty.
    pub(super) chunks: Vec<Vec<u8>>,
    /// How long to wait between two pieces, so that they arrive as two.
    pub(super) pause: Duration,
    /// The names of events to listen for.
    pub(super) names: Vec<String>,
    /// The last event ID of an earlier connection, which is made first.
    pub(super) initial_id: Option<String>,
    /// Whether the browser is let to connect again after the end of the stream.
    pub(super) reconnects: bool,
}

/// What a browser made of a probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) events: Vec<SeenEvent>,
    /// The page waited in vain for the stream to end, or for the browser to connect again.
    pub(super) timed_out: bool,
    /// That it did connect again.
    pub(super) reconnection: Option<Reconnection>,
}

/// The attributes of a `MessageEvent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenEvent {
    #[serde(rename = "type")]
    pub(super) event_type: String,
    pub(super) data: String,
    #[serde(rename = "lastEventId")]
    pub(super) last_event_id: String,
}

/// A connection after the end of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reconnection {
    /// From the end of the stream to the request.
    pub(super) after: Duration,
    /// The value of `Last-Event-ID`.
    pub(super) last_event_id: Option<Vec<u8>>,
}
