//! `Lane`: the history of one topic.

use std::collections::VecDeque;
use std::time::Duration;

use super::forgotten::{Forgotten, ForgottenLosses};
use super::keys::{EntryKey, Position};
use super::list::looked_at_one;
use crate::topics::Topic;

/// The records of one topic, by position: those that are kept, and those that were evicted and are
/// still remembered. Entries that were forgotten stay until half of them are.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) name: Option<Topic>,
    /// How many filters name the topic.
    pub(super) filters: usize,
    entries: VecDeque<(Position, EntryKey)>,
    /// How many records the topic holds. It has let go of those that its bound does not allow; they
    /// are still there if another topic holds them.
    pub(super) kept: usize,
    /// No record before this place is held.
    pub(super) kept_from: Position,
    /// What the held records count for.
    pub(super) weight: usize,
    /// When its oldest record goes, as in [`History`](super::history::History)'s order of them.
    pub(super) expires: Option<Duration>,
    forgotten: usize,
    pub(super) losses: ForgottenLosses,
    /// The entries without a record that count for this topic, in the order in which they lost it.
    pub(super) remembered: VecDeque<(u64, EntryKey)>,
}

impl Lane {
    pub(super) fn new(name: Option<Topic>, forgotten: Forgotten) -> Self {
        Self {
            name,
            filters: 0,
            entries: VecDeque::new(),
            kept: 0,
            kept_from: Position::default(),
            weight: 0,
            expires: None,
            forgotten: 0,
            losses: ForgottenLosses::of(forgotten),
            remembered: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, position: Position, key: EntryKey, weight: usize) {
        self.entries.push_back((position, key));
        self.kept += 1;
        self.weight += weight;
    }

    /// Whether the topic holds its record at this place, if that is kept.
    pub(super) fn holds(&self, position: Position) -> bool {
        position >= self.kept_from
    }

    /// A record that it held was evicted, or the topic has let go of it.
    pub(super) fn evict(&mut self, weight: usize) {
        self.kept -= 1;
        self.weight -= weight;
    }

    /// One of the entries was forgotten. `is_remembered` is true for the others.
    pub(super) fn forget(&mut self, is_remembered: impl Fn((Position, EntryKey)) -> bool) {
        self.forgotten += 1;
        while self
            .entries
            .front()
            .is_some_and(|first| !is_remembered(*first))
        {
            self.entries.pop_front();
            self.forgotten -= 1;
        }
        if self.forgotten * 2 > self.entries.len() {
            self.entries.retain(|entry| is_remembered(*entry));
            self.entries.shrink_to(self.entries.len() * 2);
            self.forgotten = 0;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The index of the first entry at or after the position. Looks from the end, in steps that
    /// double, because most subscribers have seen nearly everything: a subscriber without anything
    /// new looks at one entry, and one with one new record at two. Adds to `looked` the number of
    /// entries looked at.
    pub(super) fn seek(&self, from: Position, looked: &mut u64) -> usize {
        let mut at_or_after = |index: usize| {
            *looked += 1;
            self.entries[index].0 >= from
        };
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let seen = self.entries.len() - high;
            let probe = high.saturating_sub(seen.max(1));
            if !at_or_after(probe) {
                low = probe + 1;
                break;
            }
            high = probe;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if at_or_after(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        high
    }

    pub(super) fn at(&self, index: usize) -> Option<(Position, EntryKey)> {
        self.entries.get(index).copied()
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = (Position, EntryKey)> {
        self.entries.iter().rev().copied()
    }

    /// The oldest entry that has its record.
    pub(super) fn oldest_kept(
        &self,
        is_kept: impl Fn((Position, EntryKey)) -> bool,
    ) -> Option<(Position, EntryKey)> {
        let start = self
            .entries
            .partition_point(|(position, _)| *position < self.kept_from);
        self.entries
            .range(start..)
            .copied()
            .inspect(|_| looked_at_one())
            .find(|entry| is_kept(*entry))
    }
}
