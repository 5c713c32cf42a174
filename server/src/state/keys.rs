//! The keys and places of the state, each with a type of its own.

/// A place between records: this many were appended before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(u64);

/// A subscriber of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubscriberKey(pub(super) usize);

/// A set of topics that some subscribers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilterKey(pub(super) usize);

/// An event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TopicKey(pub(super) usize);

/// An index into the list of the subscribers that wait with the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaitingPlace(pub(super) usize);

impl Position {
    /// The place this many records later.
    pub(crate) fn plus(self, records: usize) -> Self {
        Self(self.0 + records as u64)
    }

    /// How many records lie between the other place and this one; `None` if the other is later.
    pub(super) fn since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }

    pub(super) fn up_to(self, end: Self) -> impl Iterator<Item = Self> {
        (self.0..end.0).map(Self)
    }
}
