//! What becomes of a subscriber that missed events: one outcome, for the application to decide.

use esse_encoder::{EventId, Frame};

use crate::record::Record;

/// A subscriber missed events, or may have: given to what [`Builder::on_gap`] was set to.
///
/// [`Builder::on_gap`]: crate::Builder::on_gap
///
/// ```
/// use esse_server::{Cause, Gap, Recovery};
///
/// fn on_gap(gap: &Gap) -> Recovery {
///     match gap.cause {
///         Cause::FellBehind => Recovery::close(),
///         _ => Recovery::oldest(),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Why.
    pub cause: Cause,
    /// The ID that the subscriber came with; `None` where it fell behind.
    pub last_event_id: Option<EventId>,
}

/// Why a subscriber missed events.
///
/// ```
/// use esse_server::Cause;
///
/// assert_ne!(Cause::FellBehind, Cause::TooOld);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It read too slowly, or the hub itself did ([`Hub::fell_behind`](crate::Hub::fell_behind)):
    /// what it had not read is kept no more.
    FellBehind,
    /// It came with a last event ID that nothing is known of: from another server, from before a
    /// restart, older than what is kept, or made up.
    UnknownId,
    /// It came with a last event ID after which something is kept no more. Only a log whose IDs
    /// have an order can tell this from an unknown one.
    TooOld,
}

/// How a subscriber goes on after a [`Gap`].
///
/// ```
/// use esse_encoder::{Block, EventType};
/// use esse_server::{Hub, Recovery};
///
/// const MISSED: EventType = EventType::from_static("missed");
/// let hub = Hub::builder()
///     .on_gap(|_| Recovery::oldest().with(Block::event("").event_type(MISSED)))
///     .build();
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
    /// End the response. The receiver connects again, with its last event ID, and is replayed to.
    ///
    /// ```
    /// let recovery = esse_server::Recovery::close();
    /// ```
    pub fn close() -> Self {
        Self::then(Then::Close)
    }

    /// Go on with the oldest record that is kept.
    ///
    /// ```
    /// let recovery = esse_server::Recovery::oldest();
    /// ```
    pub fn oldest() -> Self {
        Self::then(Then::Oldest)
    }

    /// Go on with what is published from now on.
    ///
    /// ```
    /// let recovery = esse_server::Recovery::newest();
    /// ```
    pub fn newest() -> Self {
        Self::then(Then::Newest)
    }

    fn then(then: Then) -> Self {
        Self { first: None, then }
    }

    /// Send this before anything else: the notice that something is missing. It is not kept and
    /// passes no filter.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Recovery;
    ///
    /// let recovery = Recovery::newest().with(Block::event("some events were lost"));
    /// ```
    #[must_use]
    pub fn with(mut self, notice: impl Into<Record>) -> Self {
        self.first = Some(notice.into().frame().clone());
        self
    }
}

/// Where the application does not say otherwise: who fell behind is disconnected, and comes back
/// with its last event ID; who came with one that is not kept gets all that is.
pub(crate) fn by_default(gap: &Gap) -> Recovery {
    match gap.cause {
        Cause::FellBehind => Recovery::close(),
        Cause::UnknownId | Cause::TooOld => Recovery::oldest(),
    }
}
