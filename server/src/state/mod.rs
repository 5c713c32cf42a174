//! The hub without its lock: one ring of records, one cursor for each subscriber, and who waits.
//!
//! Nothing here does I/O, reads a clock, or calls what the application gave: wakers are handed
//! out, to be woken or dropped by the caller once it has let the lock go.

#[cfg(feature = "direct")]
mod batch;
mod interest;
mod ring;
mod slots;

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use esse_encoder::{EventId, Frame};
use interest::Interest;
pub(crate) use ring::{Bounds, Position};
use ring::{Entry, Ring};
pub(crate) use slots::BEATS_OF_SILENCE;
use slots::{Slot, Slots};

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
    /// Who waits for a record of any topic, by their key: those that have read a log to its end.
    watching: HashMap<usize, Waker>,
    /// Who waits until no subscriber is left.
    emptied: Vec<Waker>,
    /// Who waits until the hub is closed or draining.
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

/// What a subscriber is to do next.
#[derive(Debug)]
pub(crate) enum Next {
    Record {
        record: Arc<Record>,
        position: Position,
    },
    /// From a log.
    Replayed(Arc<Record>),
    KeepAlive,
    FellBehind,
    /// Ask again.
    Again,
    /// Send this, if anything, and end.
    Over(Option<Frame>),
    Wait,
}

/// What the caller has to do once the lock is released.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Aftermath {
    wake: Vec<Waker>,
    /// What is not needed any more: dropping it may run code of the application or its runtime.
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

    /// Appends the records, all or none: `false` after the end.
    pub(crate) fn append(&mut self, records: Vec<Arc<Record>>, after: &mut Aftermath) -> bool {
        if !matches!(self.phase, Phase::Open) {
            after.spare_records = records;
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
        let Self {
            interest, slots, ..
        } = self;
        interest.wake(topic, |key| after.wake.extend(slots.take_waker(key)));
    }

    fn lose(&mut self, entry: Entry, position: Position, after: &mut Aftermath) {
        if let Some(topic) = entry.topic {
            self.interest.lose(topic, position);
        }
        after.spare_records.push(entry.record);
    }

    /// Records are missing after those appended up to now: nobody goes on past that place without
    /// knowing.
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

    /// A subscriber, who gets what is appended from now on.
    pub(crate) fn open(&mut self, topics: &Topics) -> usize {
        self.metrics.opened += 1;
        let filter = self.interest.join(topics);
        self.slots
            .insert(Slot::new(filter, self.ring.end(), self.beat))
    }

    /// The subscriber is gone.
    pub(crate) fn shut(&mut self, key: usize, outcome: Outcome, after: &mut Aftermath) {
        let waker = self.stop_waiting(key);
        after.spare_wakers.extend(waker);
        after.spare_wakers.extend(self.watching.remove(&key));
        let slot = self.slots.remove(key);
        self.interest.leave(slot.filter);
        self.metrics.closed.count(outcome);
        if self.slots.len() == 0 {
            after.wake.append(&mut self.emptied);
        }
    }

    /// What this subscriber does next. Where that is to wait, its waker is kept.
    pub(crate) fn next(&mut self, key: usize, waker: &Waker, after: &mut Aftermath) -> Next {
        if let Phase::Closed(last) = &self.phase {
            return Next::Over(last.clone());
        }
        if self.fell_behind(key) {
            return Next::FellBehind;
        }
        if let Some(found) = self.find(key) {
            return found;
        }
        if let Phase::Draining(last) = &self.phase {
            return Next::Over(last.clone());
        }
        self.keep_alive_or_wait(key, waker, after)
    }

    fn fell_behind(&self, key: usize) -> bool {
        let slot = self.slots.at(key);
        slot.cursor < self.ring.first() && self.interest.lost(slot.filter, slot.cursor)
    }

    /// The next record that the subscriber's filter lets through.
    fn find(&mut self, key: usize) -> Option<Next> {
        let slot = self.slots.at_mut(key);
        let start = slot.cursor.max(self.ring.first());
        slot.cursor = self.ring.end();
        for position in start..self.ring.end() {
            let entry = self.ring.at(position)?;
            if self.interest.wants(slot.filter, entry.topic) {
                slot.cursor = position + 1;
                slot.beat = self.beat;
                let record = Arc::clone(&entry.record);
                return Some(Next::Record { record, position });
            }
        }
        None
    }

    /// For a subscriber that has no record to send: it is told to keep alive, or waits.
    fn keep_alive_or_wait(&mut self, key: usize, waker: &Waker, after: &mut Aftermath) -> Next {
        let slot = self.slots.at_mut(key);
        if slot.is_silent(self.beat) {
            slot.beat = self.beat;
            self.metrics.keep_alives += 1;
            return Next::KeepAlive;
        }
        match &mut slot.waker {
            Some(kept) if kept.will_wake(waker) => {}
            Some(kept) => after.spare_wakers.push(mem::replace(kept, waker.clone())),
            None => {
                slot.waker = Some(waker.clone());
                slot.place = self.interest.wait(slot.filter, key);
            }
        }
        Next::Wait
    }

    /// Like [`next`](Self::next) for one whose frames have another source: nothing from the ring,
    /// and draining is for the source to do.
    pub(crate) fn next_beside_source(
        &mut self,
        key: usize,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Next {
        if let Phase::Closed(last) = &self.phase {
            return Next::Over(last.clone());
        }
        self.slots.at_mut(key).cursor = self.ring.end();
        self.keep_alive_or_wait(key, waker, after)
    }

    /// Something was sent to this subscriber that did not come from the ring.
    pub(crate) fn sent(&mut self, key: usize) {
        let slot = self.slots.at_mut(key);
        slot.beat = self.beat;
        slot.cursor = self.ring.end();
    }

    /// Wakes it at the next append, of whatever topic.
    pub(crate) fn watch(&mut self, key: usize, waker: &Waker, after: &mut Aftermath) {
        let before = self.watching.insert(key, waker.clone());
        after.spare_wakers.extend(before);
    }

    fn wake_watching(&mut self, after: &mut Aftermath) {
        let wakers = self.watching.drain().map(|(_, waker)| waker);
        after.wake.extend(wakers);
    }

    /// Waits no more. Returns the waker, to be dropped without the lock.
    #[must_use]
    fn stop_waiting(&mut self, key: usize) -> Option<Waker> {
        let slot = self.slots.at_mut(key);
        let waker = slot.waker.take()?;
        let place = slot.place;
        if let Some(moved) = self.interest.forget(slot.filter, place) {
            self.slots.at_mut(moved).place = place;
        }
        Some(waker)
    }

    /// Has the subscriber go on after the record with this ID: `false` where that is not kept.
    pub(crate) fn place_after(&mut self, key: usize, id: &EventId) -> bool {
        let position = self.ring.after(id);
        if let Some(position) = position {
            self.slots.at_mut(key).cursor = position;
        }
        position.is_some()
    }

    /// Has the subscriber go on at the oldest record kept.
    pub(crate) fn place_first(&mut self, key: usize) {
        self.slots.at_mut(key).cursor = self.ring.first();
    }

    /// Has the subscriber go on with what is appended from now on.
    pub(crate) fn place_last(&mut self, key: usize) {
        self.slots.at_mut(key).cursor = self.ring.end();
    }

    /// Does nothing once a record was appended. Who waits for what the log has next asks it again:
    /// up to here, that will not come from the ring.
    pub(crate) fn starts_after(&mut self, id: EventId, after: &mut Aftermath) {
        if self.metrics.published == 0 {
            self.ring.starts_after(id);
            self.wake_watching(after);
        }
    }

    /// The records after this ID, at most so many; `None` where it is not kept.
    pub(crate) fn page(&self, id: Option<&EventId>, at_most: usize) -> Option<Vec<Arc<Record>>> {
        let start = match id {
            None => self.ring.first(),
            Some(id) => self.ring.after(id)?,
        };
        let entries = (start..self.ring.end()).filter_map(|position| self.ring.at(position));
        Some(
            entries
                .take(at_most)
                .map(|entry| Arc::clone(&entry.record))
                .collect(),
        )
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
        if matches!(self.phase, Phase::Open) {
            self.phase = Phase::Draining(last);
            self.wake_all(after);
            after.wake.append(&mut self.over);
        }
    }

    fn wake_all(&mut self, after: &mut Aftermath) {
        let Self {
            interest, slots, ..
        } = self;
        interest.wake(None, |key| after.wake.extend(slots.take_waker(key)));
    }

    /// What is sent last, once the hub is closed or draining.
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

    /// Wakes it when the hub is closed or drained.
    #[cfg(any(feature = "direct", feature = "redis"))]
    pub(crate) fn wake_when_over(&mut self, waker: Waker) {
        self.over.push(waker);
    }

    /// Whether no subscriber is left; if one is, the waker is woken when the last has gone.
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
        Metrics {
            open: self.slots.len(),
            kept: self.ring.len(),
            kept_bytes: self.ring.bytes(),
            lag: self
                .slots
                .lowest_cursor()
                .map_or(0, |lowest| end - lowest.min(end)),
            ..self.metrics.clone()
        }
    }
}
