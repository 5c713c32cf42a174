//! The keys and places of the state, each with a type of its own.

/// A place between records: this many were appended before it. The record that was appended there
/// has the same number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position(u64);

/// How many records were lost before something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Losses(u64);

/// A subscriber of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubscriberKey(pub(super) usize);

/// A task that waits until no subscriber is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaiterKey(pub(super) usize);

/// A set of topics that some subscribers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilterKey(pub(super) usize);

/// The history of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LaneKey(pub(super) usize);

/// A record that is kept, or what is remembered of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryKey(pub(super) usize);

impl Position {
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// How many records lie between the other place and this one; none if the other is later.
    pub(super) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Losses {
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
