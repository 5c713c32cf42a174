//! The hub without its lock: one ring of records, one cursor for each subscriber, and the wakers of
//! those that wait.
//!
//! Nothing here does I/O, reads a clock, or calls the application. Wakers and records are handed
//! to an [`Aftermath`], which wakes or drops them after the lock was released.

mod interest;
mod keys;
mod ring;
mod slots;

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use esse_encoder::{EventId, Frame};
use interest::Interest;
pub(crate) use keys::{Position, SubscriberKey};
pub(crate) use ring::Bounds;
use ring::{Entry, Ring};
pub(crate) use slots::BEATS_OF_SILENCE;
use slots::{Slot, Slots, Waiting};

use crate::metrics::{Metrics, Outcome};
use crate::record::Record;
use crate::topics::Topics;

#[derive(Debug)]
pub(crate) struct State {
    ring: Ring,
    interest: Interest,
    slots: Slots,
    phase: Phase,
    beat: u64,
    /// Subscribers that have read a log to its end and wait for a record of any topic.
    watching: HashMap<SubscriberKey, Waker>,
    /// Tasks that wait until no subscriber is left.
    emptied: Vec<Waker>,
    /// Tasks that wait until the hub is closed or draining.
    over: Vec<Waker>,
    metrics: Metrics,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// What was published before still goes out, then the last frame.
    Draining(Option<Frame>),
    /// The last frame goes out, and nothing else.
    Closed(Option<Frame>),
}

/// What a subscriber does next.
#[derive(Debug)]
pub(crate) enum Next {
    Record(Arc<Record>, Position),
    FellBehind,
    Meanwhile(Meanwhile),
}

/// What a subscriber does while it has no record to send.
#[derive(Debug)]
pub(crate) enum Meanwhile {
    KeepAlive,
    Wait,
    /// Send this frame, if there is one, and end.
    Over(Option<Frame>),
}

/// What the caller does once the lock is released.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Aftermath {
    wake: Vec<Waker>,
    /// Dropping these may run code of the application or its runtime.
    spare_wakers: Vec<Waker>,
    spare_records: Vec<Arc<Record>>,
}

impl Aftermath {
    pub(crate) fn run(self) {
        drop((self.spare_wakers, self.spare_records));
        self.wake.into_iter().for_each(Waker::wake);
    }
}

impl State {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            ring: Ring::new(bounds),
            interest: Interest::default(),
            slots: Slots::default(),
            phase: Phase::Open,
            beat: 0,
            watching: HashMap::new(),
            emptied: Vec::new(),
            over: Vec::new(),
            metrics: Metrics::default(),
        }
    }

    /// Appends all of the records, or none if the hub has ended. Returns whether it did.
    pub(crate) fn append(
        &mut self,
        records: impl IntoIterator<Item = Arc<Record>>,
        after: &mut Aftermath,
    ) -> bool {
        if !self.is_open() {
            after.spare_records.extend(records);
            return false;
        }
        for record in records {
            self.append_one(record, after);
        }
        self.wake_watching(after);
        true
    }

    fn append_one(&mut self, record: Arc<Record>, after: &mut Aftermath) {
        let topic = record.event_type().map(|name| self.interest.keep(name));
        self.ring.push(Entry { record, topic });
        self.metrics.published += 1;
        while let Some((entry, position)) = self.ring.evict() {
            self.lose(entry, position, after);
        }
        let slots = &mut self.slots;
        self.interest
            .wake(topic, |key| after.wake.extend(slots.take_waker(key)));
    }

    fn lose(&mut self, entry: Entry, position: Position, after: &mut Aftermath) {
        if let Some(topic) = entry.topic {
            self.interest.lose(topic, position);
        }
        after.spare_records.push(entry.record);
    }

    /// Records are missing after those appended so far. No subscriber goes past that place without
    /// a gap.
    pub(crate) fn fall_behind(&mut self, after: &mut Aftermath) {
        if !self.is_open() {
            return;
        }
        while let Some((entry, position)) = self.ring.take_oldest() {
            self.lose(entry, position, after);
        }
        self.ring.skip();
        self.interest.lose_unseen(self.ring.first());
        self.wake_all(after);
    }

    /// Adds a subscriber, which gets what is appended from now on.
    pub(crate) fn open(&mut self, topics: &Topics) -> SubscriberKey {
        self.metrics.opened += 1;
        self.slots.insert(Slot {
            filter: self.interest.join(topics),
            cursor: self.ring.end(),
            beat: self.beat,
            waiting: None,
        })
    }

    /// Removes a subscriber.
    pub(crate) fn shut(&mut self, key: SubscriberKey, outcome: Outcome, after: &mut Aftermath) {
        after.spare_wakers.extend(self.stop_waiting(key));
        after.spare_wakers.extend(self.watching.remove(&key));
        let slot = self.slots.remove(key);
        self.interest.leave(slot.filter);
        self.metrics.closed.count(outcome);
        if self.slots.len() == 0 {
            after.wake.append(&mut self.emptied);
        }
    }

    /// What this subscriber does next. If it is to wait, its waker is kept.
    pub(crate) fn next(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Next {
        if let Phase::Closed(last) = &self.phase {
            return Next::Meanwhile(Meanwhile::Over(last.clone()));
        }
        if self.fell_behind(key) {
            return Next::FellBehind;
        }
        if let Some((record, position)) = self.find(key) {
            return Next::Record(record, position);
        }
        if let Phase::Draining(last) = &self.phase {
            return Next::Meanwhile(Meanwhile::Over(last.clone()));
        }
        Next::Meanwhile(self.keep_alive_or_wait(key, waker, after))
    }

    fn fell_behind(&self, key: SubscriberKey) -> bool {
        let slot = self.slots.at(key);
        slot.cursor < self.ring.first() && self.interest.lost(slot.filter, slot.cursor)
    }

    /// The next record that the subscriber's filter lets through.
    fn find(&mut self, key: SubscriberKey) -> Option<(Arc<Record>, Position)> {
        let slot = self.slots.at_mut(key);
        let start = slot.cursor.max(self.ring.first());
        slot.cursor = self.ring.end();
        for position in start.up_to(self.ring.end()) {
            let entry = self.ring.at(position)?;
            if self.interest.wants(slot.filter, entry.topic) {
                slot.cursor = position.plus(1);
                slot.beat = self.beat;
                return Some((Arc::clone(&entry.record), position));
            }
        }
        None
    }

    fn keep_alive_or_wait(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Meanwhile {
        let slot = self.slots.at_mut(key);
        if slot.is_silent(self.beat) {
            slot.beat = self.beat;
            self.metrics.keep_alives += 1;
            return Meanwhile::KeepAlive;
        }
        match &mut slot.waiting {
            Some(kept) if kept.waker.will_wake(waker) => {}
            Some(kept) => {
                let replaced = mem::replace(&mut kept.waker, waker.clone());
                after.spare_wakers.push(replaced);
            }
            None => {
                slot.waiting = Some(Waiting {
                    waker: waker.clone(),
                    place: self.interest.wait(slot.filter, key),
                });
            }
        }
        Meanwhile::Wait
    }

    /// What a subscriber does while its frames come from elsewhere. It gets nothing from the ring,
    /// and draining is up to its source.
    pub(crate) fn meanwhile(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Meanwhile {
        if let Phase::Closed(last) = &self.phase {
            return Meanwhile::Over(last.clone());
        }
        self.slots.at_mut(key).cursor = self.ring.end();
        self.keep_alive_or_wait(key, waker, after)
    }

    /// A frame that did not come from the ring was sent to this subscriber.
    pub(crate) fn sent(&mut self, key: SubscriberKey) {
        let slot = self.slots.at_mut(key);
        slot.beat = self.beat;
        slot.cursor = self.ring.end();
    }

    /// Wakes the subscriber at the next append, whatever its topic.
    pub(crate) fn watch(&mut self, key: SubscriberKey, waker: &Waker, after: &mut Aftermath) {
        let before = self.watching.insert(key, waker.clone());
        after.spare_wakers.extend(before);
    }

    fn wake_watching(&mut self, after: &mut Aftermath) {
        let wakers = self.watching.drain().map(|(_, waker)| waker);
        after.wake.extend(wakers);
    }

    /// The subscriber no longer waits. The waker must be dropped without the lock.
    #[must_use]
    fn stop_waiting(&mut self, key: SubscriberKey) -> Option<Waker> {
        let slot = self.slots.at_mut(key);
        let Waiting { waker, place } = slot.waiting.take()?;
        if let Some(moved) = self.interest.forget(slot.filter, place) {
            if let Some(waiting) = &mut self.slots.at_mut(moved).waiting {
                waiting.place = place;
            }
        }
        Some(waker)
    }

    /// Moves the subscriber to the place after the record with this ID, if that is kept. Returns
    /// whether it is.
    pub(crate) fn seek_after(&mut self, key: SubscriberKey, id: &EventId) -> bool {
        let position = self.ring.after(id);
        if let Some(position) = position {
            self.slots.at_mut(key).cursor = position;
        }
        position.is_some()
    }

    /// Moves the subscriber to the oldest record.
    pub(crate) fn seek_oldest(&mut self, key: SubscriberKey) {
        self.slots.at_mut(key).cursor = self.ring.first();
    }

    /// Moves the subscriber to the end.
    pub(crate) fn seek_newest(&mut self, key: SubscriberKey) {
        self.slots.at_mut(key).cursor = self.ring.end();
    }

    /// Does nothing once a record was appended. Subscribers that wait for the log's next record ask
    /// the log again, because what it has up to here will not come from the ring.
    pub(crate) fn starts_after(&mut self, id: EventId, after: &mut Aftermath) {
        if self.metrics.published == 0 {
            self.ring.starts_after(id);
            self.wake_watching(after);
        }
    }

    /// At most this many records after this ID; `None` if the ID is not kept.
    pub(crate) fn page(&self, id: Option<&EventId>, at_most: usize) -> Option<Vec<Arc<Record>>> {
        let start = match id {
            None => self.ring.first(),
            Some(id) => self.ring.after(id)?,
        };
        let positions = start.up_to(self.ring.end()).take(at_most);
        let entries = positions.filter_map(|position| self.ring.at(position));
        Some(entries.map(|entry| Arc::clone(&entry.record)).collect())
    }

    pub(crate) fn end(&self) -> Position {
        self.ring.end()
    }

    /// A third of the keep-alive interval has passed.
    pub(crate) fn beat(&mut self, after: &mut Aftermath) {
        self.beat += 1;
        for key in self.slots.silent_at(self.beat) {
            after.wake.extend(self.stop_waiting(key));
        }
    }

    pub(crate) fn close(&mut self, last: Option<Frame>, after: &mut Aftermath) {
        self.phase = Phase::Closed(last);
        self.wake_all(after);
        after.wake.append(&mut self.over);
    }

    pub(crate) fn drain(&mut self, last: Option<Frame>, after: &mut Aftermath) {
        if self.is_open() {
            self.phase = Phase::Draining(last);
            self.wake_all(after);
            after.wake.append(&mut self.over);
        }
    }

    fn wake_all(&mut self, after: &mut Aftermath) {
        let slots = &mut self.slots;
        self.interest
            .wake(None, |key| after.wake.extend(slots.take_waker(key)));
    }

    /// The frame that is sent last, once the hub is closed or draining.
    pub(crate) fn last(&self) -> Option<Frame> {
        match &self.phase {
            Phase::Closed(last) | Phase::Draining(last) => last.clone(),
            Phase::Open => None,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed(_))
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Wakes the task when the hub is closed or drained.
    #[cfg(feature = "redis")]
    pub(crate) fn wake_when_over(&mut self, waker: Waker) {
        self.over.push(waker);
    }

    /// Whether no subscriber is left. Otherwise wakes the task when the last one has gone.
    pub(crate) fn is_empty(&mut self, waker: &Waker) -> bool {
        let empty = self.slots.len() == 0;
        if !empty {
            self.emptied.push(waker.clone());
        }
        empty
    }

    pub(crate) fn metrics_mut(&mut self) -> &mut Metrics {
        &mut self.metrics
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let end = self.ring.end();
        let lowest = self.slots.lowest_cursor();
        Metrics {
            open: self.slots.len(),
            kept: self.ring.len(),
            kept_bytes: self.ring.bytes(),
            lag: lowest.and_then(|lowest| end.since(lowest)).unwrap_or(0),
            ..self.metrics.clone()
        }
    }
}
