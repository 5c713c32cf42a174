//! What a hub counts.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::overflow::Cause;

/// What a hub counted since it was made, and how it stands: plain numbers, from
/// [`Hub::metrics`](crate::Hub::metrics).
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::Hub;
///
/// let hub = Hub::new();
/// let subscriber = hub.subscribe().open();
/// let _ = hub.publish(Block::event("x"));
/// assert_eq!(hub.metrics().open, 1);
/// assert_eq!(hub.metrics().published, 1);
/// assert_eq!(hub.metrics().lag, 1);
///
/// drop(subscriber);
/// assert_eq!(hub.metrics().closed.receiver, 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Subscribers that are there now.
    pub open: usize,
    /// Subscribers that there have been, those of now included.
    pub opened: u64,
    /// Subscribers that have gone, by how they ended.
    pub closed: Closed,
    /// How often a subscriber missed events, by why.
    pub dropped: Dropped,
    /// Records published.
    pub published: u64,
    /// Records handed to a subscriber's response, replayed ones included.
    pub sent: u64,
    /// Records handed to a subscriber that had been published before it came.
    pub replayed: u64,
    /// Records that [`authorize`](crate::Subscribe::authorize) kept from a subscriber.
    pub denied: u64,
    /// Keep-alive comments that subscribers were told to send.
    pub keep_alives: u64,
    /// How many records the slowest subscriber has still to look at.
    pub lag: u64,
    /// Records kept for replay and for slow subscribers.
    pub kept: usize,
    /// Their size, in bytes.
    pub kept_bytes: usize,
}

/// How subscribers ended. Part of [`Metrics`].
///
/// ```
/// let hub = esse_server::Hub::new();
/// assert_eq!(hub.metrics().closed.shutdown, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// The response was dropped: the receiver has gone, or the application ended it.
    pub receiver: u64,
    /// It fell behind what is kept.
    pub fell_behind: u64,
    /// It came with a last event ID that is not kept, and the application ended it for that.
    pub gap: u64,
    /// Its own source came to its end ([`Hub::guard`](crate::Hub::guard)).
    pub finished: u64,
    /// The hub was closed or drained.
    pub shutdown: u64,
    /// Its receiver took nothing for too long: in direct mode, which counts that time. Elsewhere
    /// it is for the server to close such a connection, which is then counted as `receiver`.
    pub stalled: u64,
}

/// How often a subscriber missed events. Part of [`Metrics`].
///
/// ```
/// let hub = esse_server::Hub::new();
/// let id = esse_encoder::EventId::from_static("from another life");
/// let _subscriber = hub.subscribe().last_event_id(id).open();
/// assert_eq!(hub.metrics().dropped.unknown_id, 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// It read too slowly: what it had not read is kept no more.
    pub fell_behind: u64,
    /// It came with a last event ID that nothing is known of.
    pub unknown_id: u64,
    /// It came with a last event ID after which something is kept no more.
    pub too_old: u64,
}

/// How a subscriber ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Receiver,
    FellBehind,
    Gap,
    Finished,
    Shutdown,
    #[cfg(feature = "direct")]
    Stalled,
}

impl Closed {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Receiver => &mut self.receiver,
            Outcome::FellBehind => &mut self.fell_behind,
            Outcome::Gap => &mut self.gap,
            Outcome::Finished => &mut self.finished,
            Outcome::Shutdown => &mut self.shutdown,
            #[cfg(feature = "direct")]
            Outcome::Stalled => &mut self.stalled,
        } += 1;
    }
}

impl Dropped {
    pub(crate) fn count(&mut self, cause: Cause) {
        *match cause {
            Cause::FellBehind => &mut self.fell_behind,
            Cause::UnknownId => &mut self.unknown_id,
            Cause::TooOld => &mut self.too_old,
        } += 1;
    }
}

/// What is counted without the hub's lock.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    sent: AtomicU64,
    replayed: AtomicU64,
    denied: AtomicU64,
}

impl Counters {
    pub(crate) fn sent(&self, replayed: bool) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        if replayed {
            self.replayed.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[cfg(feature = "direct")]
    pub(crate) fn unsent(&self, replayed: bool) {
        self.sent.fetch_sub(1, Ordering::Relaxed);
        if replayed {
            self.replayed.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn denied(&self) {
        self.denied.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_to(&self, metrics: Metrics) -> Metrics {
        Metrics {
            sent: self.sent.load(Ordering::Relaxed),
            replayed: self.replayed.load(Ordering::Relaxed),
            denied: self.denied.load(Ordering::Relaxed),
            ..metrics
        }
    }
}
