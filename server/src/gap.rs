//! `Gap` and `Recovery`: a subscriber missed events, and how the application lets it go on.

use esse_encoder::{Block, EventId, Frame};

/// A subscriber missed events, or may have. Passed to the function that was given to
/// [`HubBuilder::on_gap`](crate::HubBuilder::on_gap).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Why it missed them.
    pub cause: GapCause,
    /// The last event ID that the subscriber sent, or `None` if it fell behind.
    pub last_event_id: Option<EventId>,
}

/// Why a subscriber missed events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapCause {
    /// It read too slowly, so that events it had not read were evicted. Or the hub itself missed
    /// records ([`Hub::fell_behind`](crate::Hub::fell_behind)).
    FellBehind,
    /// Its last event ID is not known here. The ID may be from another server, from before a
    /// restart, older than what is kept, or made up.
    UnknownId,
    /// Its last event ID is known to be older than what is kept. Only a log whose IDs are ordered
    /// can tell this from an unknown ID.
    TooOld,
}

/// How a subscriber goes on after a [`Gap`].
///
/// ```
/// use esse_encoder::{Block, EventType};
/// use esse_server::{Gap, GapCause, Hub, Recovery};
///
/// const MISSED: EventType = EventType::from_static("missed");
///
/// fn on_gap(gap: &Gap) -> Recovery {
///     match gap.cause {
///         GapCause::FellBehind => Recovery::close(),
///         _ => Recovery::oldest().with(&Block::event("").event_type(MISSED)),
///     }
/// }
///
/// let hub = Hub::builder().on_gap(on_gap).build();
/// ```
#[derive(Clone, Debug)]
pub struct Recovery {
    pub(crate) first: Option<Frame>,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    Oldest,
    Newest,
}

impl Recovery {
    /// Ends the response. The client reconnects with its last event ID and gets a replay.
    pub fn close() -> Self {
        Self::then(Then::Close)
    }

    /// Goes on with the oldest record that is kept.
    pub fn oldest() -> Self {
        Self::then(Then::Oldest)
    }

    /// Goes on with what is published from now on.
    pub fn newest() -> Self {
        Self::then(Then::Newest)
    }

    fn then(then: Then) -> Self {
        Self { first: None, then }
    }

    /// Sends this block before anything else, to let the client know that something is missing.
    /// The block is not kept, and neither topics nor `authorize` apply to it.
    #[must_use]
    pub fn with(mut self, notice: &Block<'_>) -> Self {
        self.first = Some(notice.to_frame());
        self
    }
}

/// A subscriber that fell behind is disconnected, and resumes when it reconnects. One whose last
/// event ID is not kept gets everything that is.
pub(crate) fn default_recovery(gap: &Gap) -> Recovery {
    match gap.cause {
        GapCause::FellBehind => Recovery::close(),
        GapCause::UnknownId | GapCause::TooOld => Recovery::oldest(),
    }
}
