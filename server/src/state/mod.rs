//! The hub without its lock: the history of each topic, one cursor for each subscriber, and the
//! wakers of those that wait.
//!
//! Nothing here does I/O, reads a clock, or calls the application. Wakers and records are handed
//! to an [`Aftermath`], which wakes or drops them after the lock was released.

mod aftermath;
mod bounds;
mod forgotten;
mod history;
mod ids;
mod interest;
mod keys;
mod lane;
mod list;
mod owners;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

pub(crate) use aftermath::Aftermath;
pub(crate) use bounds::Bounds;
pub use bounds::Keep;
use esse_encoder::{Block, EventId, Frame};
use history::{Found, History};
pub(crate) use history::{Lost, Skipped, Tally};
use interest::{Interest, Look};
use keys::Losses;
pub(crate) use keys::{Position, SubscriberKey, WaiterKey};
pub(crate) use owners::Limits;
use owners::Owners;
pub use owners::TooMany;
use slab::Slab;
pub(crate) use slots::TICKS;
use slots::{Slot, Slots, Waiting};

use crate::gap::GapCause;
use crate::metrics::{Metrics, Outcome};
use crate::record::Record;
use crate::topics::Topics;

#[derive(Debug)]
pub(crate) struct State {
    history: History,
    interest: Interest,
    slots: Slots,
    owners: Owners,
    phase: Phase,
    tick: u64,
    keep_alives_have_ids: bool,
    /// A keep-alive with the ID of the newest record, made when it is first needed.
    position_frame: Option<Frame>,
    /// Subscribers that the application has ended, and the frame that each gets last.
    ended: HashMap<SubscriberKey, Option<Frame>>,
    /// Subscribers that have read a log to its end and wait for a record of any topic.
    watching: HashMap<SubscriberKey, Waker>,
    /// Tasks that wait until no subscriber is left, and their wakers until they are woken.
    waiters: Slab<Option<Waker>>,
    /// Tasks that wait until the hub is closed or draining.
    over: Vec<Waker>,
    /// The place of the first record that was not there before the hub.
    begins_at: Option<Position>,
    /// The ID of that place.
    begins_after: Option<EventId>,
    /// Before this place records are missing that the hub never had.
    missing_before: Position,
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
    /// Records were lost before the next one, if the subscriber may see them.
    Lost(Lost),
    /// Records were lost before this place, and it is no longer known which.
    Forgotten(Position),
    Meanwhile(Meanwhile),
}

/// What a subscriber does while it has no record to send.
#[derive(Debug)]
pub(crate) enum Meanwhile {
    KeepAlive(Option<Frame>),
    Wait,
    /// Send this frame, if there is one, and end.
    Over(Outcome, Option<Frame>),
}

impl State {
    pub(crate) fn new(bounds: Bounds, limits: Limits, keep_alives_have_ids: bool) -> Self {
        Self {
            history: History::new(bounds),
            interest: Interest::default(),
            slots: Slots::default(),
            owners: Owners::new(limits),
            phase: Phase::Open,
            tick: 0,
            keep_alives_have_ids,
            position_frame: None,
            ended: HashMap::new(),
            watching: HashMap::new(),
            waiters: Slab::new(),
            over: Vec::new(),
            begins_at: None,
            begins_after: None,
            missing_before: Position::default(),
            metrics: Metrics::default(),
        }
    }

    /// Appends all of the records, or none if the hub has ended. Returns whether it did. `now` is
    /// the time since the hub was made.
    pub(crate) fn append(
        &mut self,
        records: impl IntoIterator<Item = Arc<Record>>,
        now: Duration,
        after: &mut Aftermath,
    ) -> bool {
        if !self.is_open() {
            after.spare_records.extend(records);
            return false;
        }
        for record in records {
            self.begins_at.get_or_insert(self.history.end());
            self.append_one(record, now, after);
        }
        self.wake_watching(after);
        true
    }

    /// Appends records that are older than the hub. They are for clients that come back.
    #[cfg(feature = "redis")]
    pub(crate) fn warm(
        &mut self,
        records: impl IntoIterator<Item = Arc<Record>>,
        now: Duration,
        after: &mut Aftermath,
    ) {
        if self.is_open() && self.begins_at.is_none() {
            for record in records {
                self.append_one(record, now, after);
            }
        }
    }

    fn append_one(&mut self, record: Arc<Record>, now: Duration, after: &mut Aftermath) {
        if record.id().is_some() {
            self.position_frame = None;
        }
        let pushed = self.history.push(record, now, &mut after.spare_records);
        self.metrics.published += 1;
        self.metrics.conflated += u64::from(pushed.conflated);
        self.metrics.duplicate_ids += u64::from(pushed.duplicate_id);
        let slots = &mut self.slots;
        self.interest
            .published(pushed.lanes.all(), pushed.at, |key| {
                after.wake.extend(slots.take_waker(key));
            });
    }

    /// Records are missing after those appended so far. No subscriber goes past that place without
    /// a gap.
    pub(crate) fn fall_behind(&mut self, after: &mut Aftermath) {
        if !self.is_open() {
            return;
        }
        self.position_frame = None;
        self.history.skip(&mut after.spare_records);
        self.missing_before = self.history.end();
        self.interest.skipped(self.missing_before);
        self.wake_all(after);
    }

    /// Adds a subscriber, which gets what is appended from now on.
    pub(crate) fn open(
        &mut self,
        topics: &Topics,
        owner: Option<Arc<str>>,
    ) -> Result<SubscriberKey, TooMany> {
        self.owners.check(self.slots.len(), owner.as_ref())?;
        Ok(self.add(topics, owner, true))
    }

    /// Adds a stream of the application's own.
    pub(crate) fn open_guarded(&mut self) -> SubscriberKey {
        self.add(&Topics::none(), None, false)
    }

    fn add(&mut self, topics: &Topics, owner: Option<Arc<str>>, reads: bool) -> SubscriberKey {
        self.metrics.opened += 1;
        let filter = self.interest.join(topics, &mut self.history);
        let from = (self.history.end(), self.history.losses());
        let slot = Slot::new(filter, from, self.tick, reads, owner.clone());
        let key = self.slots.insert(slot);
        self.owners.join(owner, key);
        key
    }

    /// Removes a subscriber.
    pub(crate) fn shut(&mut self, key: SubscriberKey, outcome: Outcome, after: &mut Aftermath) {
        after.spare_wakers.extend(self.stop_waiting(key));
        after.spare_wakers.extend(self.watching.remove(&key));
        self.ended.remove(&key);
        let slot = self.slots.remove(key);
        self.interest.leave(slot.filter, &mut self.history);
        self.owners.leave(slot.owner.as_ref(), key);
        self.metrics.closed.count(outcome);
        if self.slots.len() == 0 {
            let wakers = self.waiters.iter_mut();
            after
                .wake
                .extend(wakers.filter_map(|(_, waker)| waker.take()));
        }
    }

    /// What this subscriber does next. If it is to wait, its waker is kept.
    pub(crate) fn next(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Next {
        if let Some(over) = self.cut_off(key) {
            return Next::Meanwhile(over);
        }
        if let Some(next) = self.find(key) {
            return next;
        }
        if let Phase::Draining(last) = &self.phase {
            return Next::Meanwhile(Meanwhile::Over(Outcome::Shutdown, last.clone()));
        }
        Next::Meanwhile(self.keep_alive_or_wait(key, waker, after))
    }

    /// Whether the subscriber gets nothing more, whatever was published.
    pub(crate) fn cut_off(&self, key: SubscriberKey) -> Option<Meanwhile> {
        if let Phase::Closed(last) = &self.phase {
            return Some(Meanwhile::Over(Outcome::Shutdown, last.clone()));
        }
        let last = self.ended.get(&key)?;
        Some(Meanwhile::Over(Outcome::Ended, last.clone()))
    }

    /// The record at this position was not sent, nor were later ones.
    pub(crate) fn give_back(&mut self, key: SubscriberKey, position: Position) {
        self.slots.move_to(key, position);
    }

    /// The next record that the subscriber's filter lets through, or what was lost before it.
    fn find(&mut self, key: SubscriberKey) -> Option<Next> {
        let slot = self.slots.at_mut(key);
        let lanes = self.interest.lanes(slot.filter);
        let (from, forgiven) = (slot.cursor(), slot.forgiven);
        let quickly = match self.interest.look(slot.filter, from) {
            Look::Nowhere => Some(Found::Nothing),
            // If that one is not kept, others may be before the next one of its lane.
            Look::At(position, entry) => {
                let record = self.history.record_at(position, entry);
                record.map(|record| Found::Record(record, position))
            }
            Look::Everywhere => None,
        };
        match quickly.unwrap_or_else(|| self.history.next(lanes, from, forgiven)) {
            Found::Record(record, position) => {
                self.slots.move_to(key, position.next());
                Some(Next::Record(record, position))
            }
            Found::Lost(lost) => {
                self.slots.move_to(key, lost.to);
                Some(Next::Lost(lost))
            }
            Found::Forgotten(newest) => {
                slot.forgiven = newest.losses;
                Some(Next::Forgotten(newest.to))
            }
            Found::Nothing => {
                self.slots.move_to(key, self.history.end());
                None
            }
        }
    }

    fn keep_alive_or_wait(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Meanwhile {
        let slot = self.slots.at_mut(key);
        if slot.is_silent(self.tick) {
            slot.tick = self.tick;
            self.metrics.keep_alives += 1;
            let reads = slot.reads;
            return Meanwhile::KeepAlive(if reads { self.position_frame() } else { None });
        }
        let wait = |slot: &Slot| self.interest.wait(slot.filter, key);
        after.spare_wakers.extend(self.slots.wait(key, waker, wait));
        Meanwhile::Wait
    }

    /// A block with the ID of the newest record: it dispatches no event, and moves the client's
    /// last event ID (9.2.6).
    fn position_frame(&mut self) -> Option<Frame> {
        if self.keep_alives_have_ids && self.position_frame.is_none() {
            let id = self.history.newest_id()?.clone();
            self.position_frame = Some(Block::new().id(id).to_frame());
        }
        self.position_frame.clone()
    }

    /// What a subscriber does while its frames come from elsewhere. It gets nothing from the
    /// history, and draining is up to its source.
    pub(crate) fn meanwhile(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Meanwhile {
        if let Some(over) = self.cut_off(key) {
            return over;
        }
        match self.keep_alive_or_wait(key, waker, after) {
            // The newest ID is ahead of what the subscriber has.
            Meanwhile::KeepAlive(_) => Meanwhile::KeepAlive(None),
            other => other,
        }
    }

    /// A frame was sent to this subscriber.
    pub(crate) fn sent(&mut self, key: SubscriberKey) {
        self.slots.at_mut(key).tick = self.tick;
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

    /// The subscriber has something to send after all.
    pub(crate) fn wait_no_more(&mut self, key: SubscriberKey, after: &mut Aftermath) {
        after.spare_wakers.extend(self.stop_waiting(key));
    }

    /// The subscriber no longer waits. The waker must be dropped without the lock.
    #[must_use]
    fn stop_waiting(&mut self, key: SubscriberKey) -> Option<Waker> {
        let Waiting { waker, place } = self.slots.take_waiting(key)?;
        let filter = self.slots.at(key).filter;
        if let Some(moved) = self.interest.forget(filter, place) {
            self.slots.set_place(moved, place);
        }
        Some(waker)
    }

    /// Moves the subscriber to the place after the record with this ID, if that is known, and
    /// counts what is kept and what was lost after it.
    pub(crate) fn resume_after(
        &mut self,
        key: SubscriberKey,
        id: &EventId,
        now: Duration,
        after: &mut Aftermath,
    ) -> Option<Tally> {
        self.expire(now, after);
        let position = self.history.after(id)?;
        let slot = self.slots.at_mut(key);
        let lanes = self.interest.lanes(slot.filter);
        slot.forgiven = Losses::default();
        self.slots.move_to(key, position);
        Some(self.history.tally(lanes, position))
    }

    /// Evicts what is too old.
    pub(crate) fn expire(&mut self, now: Duration, after: &mut Aftermath) {
        self.history.expire(now, &mut after.spare_records);
    }

    /// Moves the subscriber to the place after the record with this ID, if that is known and
    /// nothing that it wants was lost since. Returns whether it did.
    pub(crate) fn seek_after(&mut self, key: SubscriberKey, id: &EventId) -> bool {
        let slot = self.slots.at_mut(key);
        let lanes = self.interest.lanes(slot.filter);
        let position = self.history.after(id);
        let exact = position.filter(|position| !self.history.lost_after(lanes, *position));
        if let Some(position) = exact {
            self.slots.move_to(key, position);
        }
        exact.is_some()
    }

    /// Moves the subscriber to the oldest record that is kept for it. What was lost until now does
    /// not count.
    pub(crate) fn seek_oldest(&mut self, key: SubscriberKey) {
        self.seek_oldest_after(key, None);
    }

    /// The same, for a client that has everything up to this ID. If the ID is not known, what may be
    /// older does not come either.
    pub(crate) fn seek_oldest_after(&mut self, key: SubscriberKey, id: Option<&EventId>) {
        let lanes = self.interest.lanes(self.slots.at(key).filter);
        let oldest = self.history.oldest(lanes);
        let after = id.map(|id| {
            self.history
                .after(id)
                .unwrap_or(self.history.forgotten_to())
        });
        self.seek(key, oldest.max(after.unwrap_or_default()));
    }

    /// Moves the subscriber to the end.
    pub(crate) fn seek_newest(&mut self, key: SubscriberKey) {
        self.seek(key, self.history.end());
    }

    /// What the subscriber skips if it goes on after the record with this ID, or at the end.
    pub(crate) fn skipped_up_to(&self, key: SubscriberKey, id: Option<&EventId>) -> Skipped {
        let to = id.and_then(|id| self.history.after(id));
        let to = to.unwrap_or(self.history.end());
        let slot = self.slots.at(key);
        let lanes = self.interest.lanes(slot.filter);
        self.history
            .skipped(lanes, slot.cursor()..to, slot.forgiven)
    }

    fn seek(&mut self, key: SubscriberKey, position: Position) {
        self.slots.at_mut(key).forgiven = self.history.losses();
        self.slots.move_to(key, position);
    }

    /// What comes from now on is new. Does nothing the second time. Subscribers that wait for the
    /// log's next record ask the log again, because what it has up to here will not come from the
    /// hub.
    pub(crate) fn starts_after(&mut self, id: &EventId, after: &mut Aftermath) {
        if self.begins_at.is_some() {
            return;
        }
        self.begins_at = Some(self.history.end());
        self.begins_after = Some(id.clone());
        self.history.starts_after(id);
        self.position_frame = None;
        self.wake_watching(after);
    }

    /// Whether the hub's feed has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.begins_at.is_some()
    }

    /// What a subscriber does until the feed has begun. Then it gets its place, and the ID of that.
    pub(crate) fn wait_for_feed(
        &mut self,
        key: SubscriberKey,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> Result<Option<EventId>, Meanwhile> {
        if let Some(begins_at) = self.begins_at {
            self.seek(key, begins_at);
            return Ok(self.begins_after.clone());
        }
        // It never begins, and nothing was published.
        if let Phase::Draining(last) = &self.phase {
            return Err(Meanwhile::Over(Outcome::Shutdown, last.clone()));
        }
        self.watch(key, waker, after);
        Err(self.meanwhile(key, waker, after))
    }

    /// About this many records after this ID, or after the newest loss of all.
    pub(crate) fn page(
        &mut self,
        id: Option<&EventId>,
        about: usize,
        now: Duration,
        after: &mut Aftermath,
    ) -> Result<Vec<Arc<Record>>, GapCause> {
        self.expire(now, after);
        let start = match id {
            None => self.history.whole_from(),
            Some(id) => self.history.after(id).ok_or(GapCause::UnknownId)?,
        };
        self.history.page(start, about).ok_or(GapCause::TooOld)
    }

    pub(crate) fn end(&self) -> Position {
        self.history.end()
    }

    /// The ID of the newest record that has one.
    pub(crate) fn newest_id(&self) -> Option<&EventId> {
        self.history.newest_id()
    }

    /// The same, if the subscriber has looked at every record.
    pub(crate) fn id_at_end(&self, key: SubscriberKey) -> Option<&EventId> {
        let is_at_end = self.slots.at(key).cursor() == self.end();
        self.newest_id().filter(|_| is_at_end)
    }

    /// Whether the hub itself missed records after this subscriber's place.
    pub(crate) fn is_missing_some(&self, key: SubscriberKey) -> bool {
        self.slots.at(key).cursor() < self.missing_before
    }

    /// The topics that the subscriber asked for.
    pub(crate) fn topics(&self, key: SubscriberKey) -> &Topics {
        self.interest.topics(self.slots.at(key).filter)
    }

    /// The next part of the keep-alive interval has passed.
    pub(crate) fn tick(&mut self, now: Duration, after: &mut Aftermath) {
        self.tick += 1;
        self.expire(now, after);
        for key in self.slots.silent_at(self.tick) {
            after.wake.extend(self.stop_waiting(key));
        }
    }

    /// Ends the owner's subscribers. Returns how many there are.
    pub(crate) fn end_owner(
        &mut self,
        owner: &str,
        last: Option<&Frame>,
        after: &mut Aftermath,
    ) -> usize {
        let keys = self.owners.of(owner);
        for key in &keys {
            self.ended.insert(*key, last.cloned());
            after.wake.extend(self.stop_waiting(*key));
            after.wake.extend(self.watching.remove(key));
        }
        keys.len()
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
            .wake_all(|key| after.wake.extend(slots.take_waker(key)));
        self.wake_watching(after);
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
    pub(crate) fn wake_when_over(&mut self, waker: &Waker) {
        keep_once(&mut self.over, waker);
    }

    /// Whether no subscriber is left. Otherwise wakes the task when the last one has gone.
    pub(crate) fn is_empty(
        &mut self,
        waiter: &mut Option<WaiterKey>,
        waker: &Waker,
        after: &mut Aftermath,
    ) -> bool {
        if self.slots.len() == 0 {
            return true;
        }
        let key = *waiter.get_or_insert_with(|| WaiterKey(self.waiters.insert(None)));
        let before = self.waiters[key.0].replace(waker.clone());
        after.spare_wakers.extend(before);
        false
    }

    /// The task no longer waits for that.
    pub(crate) fn remove_waiter(&mut self, waiter: WaiterKey, after: &mut Aftermath) {
        after.spare_wakers.extend(self.waiters.remove(waiter.0));
    }

    pub(crate) fn metrics_mut(&mut self) -> &mut Metrics {
        &mut self.metrics
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let (kept, kept_bytes) = self.history.kept();
        let lowest = self.slots.lowest_cursor();
        Metrics {
            open: self.slots.len(),
            kept,
            kept_bytes,
            remembered: self.history.remembered(),
            topics: self.history.topics(),
            lag: lowest.map_or(0, |lowest| self.history.end().since(lowest)),
            ..self.metrics.clone()
        }
    }
}

/// A task that polls again and again has one waker in the list.
#[cfg(feature = "redis")]
fn keep_once(wakers: &mut Vec<Waker>, waker: &Waker) {
    if !wakers.iter().any(|kept| kept.will_wake(waker)) {
        wakers.push(waker.clone());
    }
}
