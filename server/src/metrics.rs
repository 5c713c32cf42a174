//! Numbers: what a hub counts.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::gap::{Gap, GapCause};

/// What a hub has counted since it was made, and its state right now. From
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
    /// Subscribers that are open now.
    pub open: usize,
    /// Subscribers opened since the hub was made.
    pub opened: u64,
    /// Subscribers that have ended, by how.
    pub closed: Closed,
    /// Times that a subscriber missed events, by cause.
    pub gaps: Gaps,
    /// Records published.
    pub published: u64,
    /// Records that were replaced by a later one with the same
    /// [key](crate::Record::latest_of) while they were kept.
    pub conflated: u64,
    /// Records published with the ID of another that was known at that time. A client that resumes
    /// with such an ID goes on after the newer one.
    pub duplicate_ids: u64,
    /// Records handed to a subscriber's response, including replayed ones.
    pub sent: u64,
    /// Records handed to a subscriber that were published before it was opened.
    pub replayed: u64,
    /// Records with an audience that were withheld from a subscriber.
    pub denied: u64,
    /// Keep-alive comments sent.
    pub keep_alives: u64,
    /// How many records, of any topic, were published since the slowest subscriber last looked.
    pub lag: u64,
    /// Topics that are subscribed to, or of which something is kept or remembered.
    pub topics: usize,
    /// Evicted records that are remembered without their payload.
    pub remembered: usize,
    /// Records kept for replay and for slow subscribers.
    pub kept: usize,
    /// The size of these records, in bytes.
    pub kept_bytes: usize,
    /// The size of evicted payloads that connections still hold, in bytes. See
    /// [`HubBuilder::hold_bytes`](crate::HubBuilder::hold_bytes).
    pub held_bytes: usize,
}

/// How subscribers ended. Part of [`Metrics`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// The response was dropped, because the client has gone or the application ended it.
    pub receiver: u64,
    /// It fell behind what is kept, and was closed for that.
    pub fell_behind: u64,
    /// Its last event ID was unknown or too old, and it was closed for that.
    pub gap: u64,
    /// Its own source ended ([`Hub::guard`](crate::Hub::guard)), and was complete.
    pub finished: u64,
    /// The hub was closed or drained.
    pub shutdown: u64,
    /// The application ended it ([`Hub::end_all_of`](crate::Hub::end_all_of),
    /// [`Subscribe::until`](crate::Subscribe::until)).
    pub ended: u64,
    /// The [source](crate::Record::from_source) of an event failed, or the frames that are
    /// [guarded](crate::Hub::guard) [broke off](crate::TryFrames).
    pub source_failed: u64,
    /// Its client took nothing for too long, or it was among the slowest while clients
    /// [held](crate::HubBuilder::hold_bytes) too much. Only `serve` measures the former, for the
    /// connections that it has parked and for each stream of HTTP/2. If another server closes such a
    /// connection, it counts as `receiver`.
    pub stalled: u64,
}

/// Times that a subscriber missed events. Part of [`Metrics`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gaps {
    /// It read too slowly, so that events it had not read were evicted.
    pub fell_behind: u64,
    /// Its last event ID is not known here.
    pub unknown_id: u64,
    /// Its last event ID is known, and events that it wants were evicted since.
    pub too_old: u64,
    /// It subscribed before the hub's feed had begun.
    pub before_feed: u64,
    /// Events missed in all of these, as far as their number is known.
    pub events: u64,
}

/// How a subscriber ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Receiver,
    FellBehind,
    Gap,
    Finished,
    Shutdown,
    Ended,
    SourceFailed,
    Stalled,
}

impl Outcome {
    /// Of a subscriber that is dropped before it has ended.
    pub(crate) fn dropped() -> Self {
        #[cfg(feature = "serve")]
        if crate::serve::current::is_cut_off() {
            return Self::Stalled;
        }
        Self::Receiver
    }
}

impl Closed {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Receiver => &mut self.receiver,
            Outcome::FellBehind => &mut self.fell_behind,
            Outcome::Gap => &mut self.gap,
            Outcome::Finished => &mut self.finished,
            Outcome::Shutdown => &mut self.shutdown,
            Outcome::Ended => &mut self.ended,
            Outcome::SourceFailed => &mut self.source_failed,
            Outcome::Stalled => &mut self.stalled,
        } += 1;
    }
}

impl Gaps {
    pub(crate) fn count(&mut self, gap: &Gap) {
        self.events += gap.missed;
        *match gap.cause {
            GapCause::FellBehind => &mut self.fell_behind,
            GapCause::UnknownId => &mut self.unknown_id,
            GapCause::TooOld => &mut self.too_old,
            GapCause::BeforeFeed => &mut self.before_feed,
        } += 1;
    }
}

/// Counters that do not need the hub's lock.
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
