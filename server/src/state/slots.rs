//! What the hub keeps for each subscriber.

use std::task::Waker;

use slab::Slab;

use super::keys::{FilterKey, Position, SubscriberKey, WaitingPlace};

/// A subscriber gets a keep-alive when nothing was sent to it for this many beats.
pub(crate) const BEATS_OF_SILENCE: u64 = 3;

#[derive(Debug, Default)]
pub(super) struct Slots(Slab<Slot>);

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) filter: FilterKey,
    /// The subscriber has looked at every record before this place.
    pub(super) cursor: Position,
    /// The beat at which something was last sent to it.
    pub(super) beat: u64,
    /// Present while it waits for a record.
    pub(super) waiting: Option<Waiting>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) waker: Waker,
    pub(super) place: WaitingPlace,
}

impl Slot {
    /// Whether a keep-alive is due.
    pub(super) fn is_silent(&self, beat: u64) -> bool {
        beat - self.beat >= BEATS_OF_SILENCE
    }
}

impl Slots {
    pub(super) fn insert(&mut self, slot: Slot) -> SubscriberKey {
        SubscriberKey(self.0.insert(slot))
    }

    pub(super) fn remove(&mut self, key: SubscriberKey) -> Slot {
        self.0.remove(key.0)
    }

    pub(super) fn at(&self, key: SubscriberKey) -> &Slot {
        &self.0[key.0]
    }

    pub(super) fn at_mut(&mut self, key: SubscriberKey) -> &mut Slot {
        &mut self.0[key.0]
    }

    /// For a subscriber that is no longer in any list.
    pub(super) fn take_waker(&mut self, key: SubscriberKey) -> Option<Waker> {
        self.at_mut(key).waiting.take().map(|waiting| waiting.waker)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The waiting subscribers to which a keep-alive is due.
    pub(super) fn silent_at(&self, beat: u64) -> Vec<SubscriberKey> {
        let waiting = self.0.iter().filter(|(_, slot)| slot.waiting.is_some());
        let silent = waiting.filter(|(_, slot)| slot.is_silent(beat));
        silent.map(|(key, _)| SubscriberKey(key)).collect()
    }

    /// The lowest cursor of the subscribers that have not looked at everything yet.
    pub(super) fn lowest_cursor(&self) -> Option<Position> {
        let behind = self.0.iter().filter(|(_, slot)| slot.waiting.is_none());
        behind.map(|(_, slot)| slot.cursor).min()
    }
}
