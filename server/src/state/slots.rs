//! What the hub keeps for each subscriber.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

use super::keys::{FilterKey, Losses, Position, SubscriberKey};
use super::list::{Place, looked_at_one};

/// The keep-alive interval has this many ticks. At each, another part of the subscribers is looked
/// at, so that not all of them write at the same time.
pub(crate) const TICKS: u32 = 3 * PARTS as u32;
/// The number of parts. Each is looked at three times in an interval.
const PARTS: u16 = 64;
/// A subscriber gets a keep-alive when it is looked at and nothing was sent to it for more than two
/// thirds of the interval.
const SILENCE: u64 = 2 * PARTS as u64;

#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Slab<Slot>,
    /// How many of the subscribers that have not looked at everything yet are at each place. There
    /// are few places, because most subscribers keep up. So nobody is looked at to learn which is
    /// the lowest.
    behind: BTreeMap<Position, usize>,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) filter: FilterKey,
    cursor: Position,
    /// It knows of this many losses, whatever they were.
    pub(super) forgiven: Losses,
    /// The tick at which something was last sent to it.
    pub(super) tick: u64,
    /// Whether it has something to read from the hub. A stream of the application's own never does.
    pub(super) reads: bool,
    waiting: Option<Waiting>,
    /// Whose subscriber it is.
    pub(super) owner: Option<Arc<str>>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) waker: Waker,
    pub(super) place: Place,
}

impl Slot {
    /// A subscriber that has not looked at anything from this place on.
    pub(super) fn new(
        filter: FilterKey,
        (cursor, forgiven): (Position, Losses),
        tick: u64,
        reads: bool,
        owner: Option<Arc<str>>,
    ) -> Self {
        Self {
            filter,
            cursor,
            forgiven,
            tick,
            reads,
            waiting: None,
            owner,
        }
    }

    /// The subscriber has looked at every record before this place.
    pub(super) fn cursor(&self) -> Position {
        self.cursor
    }

    /// Whether a keep-alive is due.
    pub(super) fn is_silent(&self, tick: u64) -> bool {
        tick - self.tick > SILENCE
    }

    pub(super) fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// Where it is, if it has not looked at everything yet.
    fn behind(&self) -> Option<Position> {
        (self.reads && !self.waits()).then_some(self.cursor)
    }
}

impl Slots {
    pub(super) fn insert(&mut self, slot: Slot) -> SubscriberKey {
        self.enter(slot.behind());
        SubscriberKey(self.slots.insert(slot))
    }

    pub(super) fn remove(&mut self, key: SubscriberKey) -> Slot {
        looked_at_one();
        let slot = self.slots.remove(key.0);
        self.leave(slot.behind());
        slot
    }

    pub(super) fn at(&self, key: SubscriberKey) -> &Slot {
        looked_at_one();
        &self.slots[key.0]
    }

    pub(super) fn at_mut(&mut self, key: SubscriberKey) -> &mut Slot {
        looked_at_one();
        &mut self.slots[key.0]
    }

    pub(super) fn move_to(&mut self, key: SubscriberKey, cursor: Position) {
        self.change(key, |slot| slot.cursor = cursor);
    }

    /// The subscriber waits for a record. Returns the waker that this one replaces.
    pub(super) fn wait(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        place: impl FnOnce(&Slot) -> Place,
    ) -> Option<Waker> {
        match &mut self.at_mut(key).waiting {
            Some(kept) if kept.waker.will_wake(waker) => None,
            Some(kept) => Some(mem::replace(&mut kept.waker, waker.clone())),
            None => {
                let (waker, place) = (waker.clone(), place(self.at(key)));
                self.change(key, |slot| slot.waiting = Some(Waiting { waker, place }));
                None
            }
        }
    }

    /// The subscriber waits no more. Its waker must be dropped without the lock.
    #[must_use]
    pub(super) fn take_waiting(&mut self, key: SubscriberKey) -> Option<Waiting> {
        self.change(key, |slot| slot.waiting.take())
    }

    /// For a subscriber that is no longer in any list.
    pub(super) fn take_waker(&mut self, key: SubscriberKey) -> Option<Waker> {
        self.take_waiting(key).map(|waiting| waiting.waker)
    }

    /// Another place in the list of those that wait.
    pub(super) fn set_place(&mut self, key: SubscriberKey, place: Place) {
        if let Some(waiting) = &mut self.at_mut(key).waiting {
            waiting.place = place;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The waiting subscribers of this tick's part to which a keep-alive is due.
    pub(super) fn silent_at(&self, tick: u64) -> Vec<SubscriberKey> {
        let part = usize::try_from(tick % u64::from(PARTS)).unwrap_or(0);
        let keys = (part..self.slots.capacity()).step_by(usize::from(PARTS));
        let keys = keys.filter(|key| {
            looked_at_one();
            let slot = self.slots.get(*key);
            slot.is_some_and(|slot| slot.waits() && slot.is_silent(tick))
        });
        keys.map(SubscriberKey).collect()
    }

    /// The lowest cursor of the subscribers that have not looked at everything yet.
    pub(super) fn lowest_cursor(&self) -> Option<Position> {
        let lowest = self.behind.first_key_value();
        lowest.map(|(cursor, _)| *cursor)
    }

    /// What decides whether a subscriber is behind, and where, is only changed here.
    fn change<T>(&mut self, key: SubscriberKey, change: impl FnOnce(&mut Slot) -> T) -> T {
        let slot = self.at_mut(key);
        let before = slot.behind();
        let result = change(slot);
        let now = slot.behind();
        if before != now {
            self.leave(before);
            self.enter(now);
        }
        result
    }

    fn enter(&mut self, behind: Option<Position>) {
        if let Some(cursor) = behind {
            *self.behind.entry(cursor).or_default() += 1;
        }
    }

    fn leave(&mut self, behind: Option<Position>) {
        let Some(cursor) = behind else { return };
        if let Entry::Occupied(mut count) = self.behind.entry(cursor) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
