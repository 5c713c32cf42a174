//! What the hub keeps for each subscriber.

use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

use super::keys::{FilterKey, Losses, Place, Position, SubscriberKey};

/// The keep-alive interval has this many ticks. At each, another part of the subscribers is looked
/// at, so that not all of them write at the same time.
pub(crate) const TICKS: u32 = 3 * PARTS as u32;
/// The number of parts. Each is looked at three times in an interval.
const PARTS: u16 = 64;
/// A subscriber gets a keep-alive when it is looked at and nothing was sent to it for more than two
/// thirds of the interval.
const SILENCE: u64 = 2 * PARTS as u64;

#[derive(Debug, Default)]
pub(super) struct Slots(Slab<Slot>);

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) filter: FilterKey,
    /// The subscriber has looked at every record before this place.
    pub(super) cursor: Position,
    /// It knows of this many losses, whatever they were.
    pub(super) forgiven: Losses,
    /// The tick at which something was last sent to it.
    pub(super) tick: u64,
    /// Whether it has something to read from the hub. A stream of the application's own never does.
    pub(super) reads: bool,
    /// Present while it waits for a record.
    pub(super) waiting: Option<Waiting>,
    /// Whose subscriber it is.
    pub(super) owner: Option<Arc<str>>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) waker: Waker,
    pub(super) place: Place,
}

impl Slot {
    /// Whether a keep-alive is due.
    pub(super) fn is_silent(&self, tick: u64) -> bool {
        tick - self.tick > SILENCE
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

    /// The waiting subscribers of this tick's part to which a keep-alive is due.
    pub(super) fn silent_at(&self, tick: u64) -> Vec<SubscriberKey> {
        let part = usize::try_from(tick % u64::from(PARTS)).unwrap_or(0);
        let keys = (part..self.0.capacity()).step_by(usize::from(PARTS));
        let keys = keys.filter(|key| {
            let slot = self.0.get(*key);
            slot.is_some_and(|slot| slot.waiting.is_some() && slot.is_silent(tick))
        });
        keys.map(SubscriberKey).collect()
    }

    /// The lowest cursor of the subscribers that have not looked at everything yet.
    pub(super) fn lowest_cursor(&self) -> Option<Position> {
        let behind = self
            .0
            .iter()
            .filter(|(_, slot)| slot.reads && slot.waiting.is_none());
        behind.map(|(_, slot)| slot.cursor).min()
    }
}
