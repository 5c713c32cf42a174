//! What the hub keeps for each subscriber.

use std::task::Waker;

use slab::Slab;

use super::interest::FilterKey;
use super::ring::Position;

/// A subscriber that was sent nothing for so many beats gets a keep-alive.
pub(crate) const BEATS_OF_SILENCE: u64 = 3;

#[derive(Debug, Default)]
pub(super) struct Slots(Slab<Slot>);

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) filter: FilterKey,
    /// What it has still to look at starts here.
    pub(super) cursor: Position,
    /// The beat at which something was last sent to it.
    pub(super) beat: u64,
    /// There while it waits for a record.
    pub(super) waker: Option<Waker>,
    /// Its place among those that wait; means nothing where there is no waker.
    pub(super) place: usize,
}

impl Slot {
    pub(super) fn new(filter: FilterKey, cursor: Position, beat: u64) -> Self {
        Self {
            filter,
            cursor,
            beat,
            waker: None,
            place: 0,
        }
    }

    /// Whether it is due a keep-alive.
    pub(super) fn is_silent(&self, beat: u64) -> bool {
        beat - self.beat >= BEATS_OF_SILENCE
    }
}

impl Slots {
    pub(super) fn insert(&mut self, slot: Slot) -> usize {
        self.0.insert(slot)
    }

    pub(super) fn remove(&mut self, key: usize) -> Slot {
        self.0.remove(key)
    }

    pub(super) fn at(&self, key: usize) -> &Slot {
        &self.0[key]
    }

    pub(super) fn at_mut(&mut self, key: usize) -> &mut Slot {
        &mut self.0[key]
    }

    pub(super) fn take_waker(&mut self, key: usize) -> Option<Waker> {
        self.0[key].waker.take()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those that wait and are due a keep-alive.
    pub(super) fn silent_at(&self, beat: u64) -> Vec<usize> {
        let waiting = self.0.iter().filter(|(_, slot)| slot.waker.is_some());
        let silent = waiting.filter(|(_, slot)| slot.is_silent(beat));
        silent.map(|(key, _)| key).collect()
    }

    /// Of those that have not looked at everything yet.
    pub(super) fn lowest_cursor(&self) -> Option<Position> {
        let behind = self.0.iter().filter(|(_, slot)| slot.waker.is_none());
        behind.map(|(_, slot)| slot.cursor).min()
    }
}
