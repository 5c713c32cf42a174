//! Large payloads in the hands of connections.
//!
//! A payload leaves the history when it is evicted, but the connections of clients that read slowly
//! still hold it. Here is known how much that is, and which subscriber holds what.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Waker};

use esse_encoder::Frame;
use slab::Slab;

use crate::record::Record;
use crate::sync::Mutex;

/// Smaller frames are not followed. A connection holds few of them, and following one costs an
/// allocation for each subscriber.
const LARGE: usize = 4 * 1024;

/// What is held of payloads that were evicted, and how much of it there may be.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Arc<AtomicUsize>,
    most: usize,
    evicted: Mutex<Evicted>,
}

/// In the order in which they were evicted.
#[derive(Debug, Default)]
struct Evicted {
    payloads: VecDeque<Weak<Payload>>,
    /// At this number, those that nobody holds any more are removed.
    sweep_at: usize,
}

impl Held {
    pub(crate) fn at_most(bytes: usize) -> Self {
        Self {
            bytes: Arc::default(),
            most: bytes,
            evicted: Mutex::default(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The record is not in the history, or no longer. From now on its payload counts.
    pub(crate) fn add(&self, record: &Record) {
        let Some(payload) = record.payload() else {
            return;
        };
        if payload.count_in(&self.bytes) {
            self.evicted.lock().push(Arc::downgrade(payload));
        }
    }

    /// Cuts off the slowest subscribers if too much is held.
    pub(crate) fn bound(&self) {
        if self.is_too_much() {
            for holder in self.give_up_excess() {
                holder.cut_off();
            }
        }
    }

    fn is_too_much(&self) -> bool {
        self.bytes() > self.most
    }

    /// Returns who held what is given up. Another thread may have given up enough already.
    fn give_up_excess(&self) -> Vec<Arc<Holder>> {
        let mut too_slow = Vec::new();
        let mut evicted = self.evicted.lock();
        // The newest stays: it was evicted just now, so even fast clients may have it.
        while self.is_too_much() && evicted.payloads.len() > 1 {
            let oldest = evicted.payloads.pop_front();
            if let Some(payload) = oldest.and_then(|payload| payload.upgrade()) {
                too_slow.extend(payload.give_up());
            }
        }
        too_slow
    }
}

impl Evicted {
    fn push(&mut self, payload: Weak<Payload>) {
        if self.payloads.len() >= self.sweep_at {
            self.payloads.retain(|payload| payload.strong_count() > 0);
            self.sweep_at = 2 * self.payloads.len() + 16;
        }
        self.payloads.push_back(payload);
    }
}

/// The payload of a record, if it is large. It lives as long as any of its bytes.
#[derive(Debug)]
pub(crate) struct Payload {
    size: usize,
    holders: Mutex<Slab<Arc<Holder>>>,
    /// What it counts in, once it was evicted.
    counter: OnceLock<Arc<AtomicUsize>>,
    /// It counts no more, because all who held it were cut off.
    is_given_up: AtomicBool,
}

impl Payload {
    pub(crate) fn of(frame: &Frame) -> Option<Arc<Self>> {
        (frame.len() >= LARGE).then(|| {
            Arc::new(Self {
                size: frame.len(),
                holders: Mutex::default(),
                counter: OnceLock::new(),
                is_given_up: AtomicBool::new(false),
            })
        })
    }

    /// The frame, as it is handed to a subscriber.
    pub(crate) fn lend(self: &Arc<Self>, frame: &Frame, to: &Arc<Holder>) -> Frame {
        let place = self.holders.lock().insert(Arc::clone(to));
        frame.with_guard(Loan {
            payload: Arc::clone(self),
            place,
        })
    }

    /// Returns whether it is counted from now on.
    fn count_in(&self, counter: &Arc<AtomicUsize>) -> bool {
        let is_new = self.counter.set(Arc::clone(counter)).is_ok();
        if is_new {
            counter.fetch_add(self.size, Ordering::Relaxed);
        }
        is_new
    }

    fn count_out(&self) {
        if let Some(counter) = self.counter.get() {
            if !self.is_given_up.swap(true, Ordering::Relaxed) {
                counter.fetch_sub(self.size, Ordering::Relaxed);
            }
        }
    }

    /// Counts no more. Returns who is to be cut off for that.
    fn give_up(&self) -> Vec<Arc<Holder>> {
        self.count_out();
        let holders = self.holders.lock();
        holders
            .iter()
            .map(|(_, holder)| Arc::clone(holder))
            .collect()
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.count_out();
    }
}

/// Dropped with the last byte that a subscriber's connection holds of a payload.
struct Loan {
    payload: Arc<Payload>,
    place: usize,
}

impl Drop for Loan {
    fn drop(&mut self) {
        let holder = self.payload.holders.lock().remove(self.place);
        // Its last reference may drop a waker, so not under the lock.
        drop(holder);
    }
}

/// A subscriber that was handed a large payload.
#[derive(Debug, Default)]
pub(crate) struct Holder {
    is_cut_off: AtomicBool,
    reach: Mutex<Option<Reach>>,
}

/// How to reach the subscriber.
#[derive(Debug)]
struct Reach {
    waker: Waker,
    /// While a connection writes, it does not ask for more, so waking the subscriber is not enough.
    #[cfg(feature = "serve")]
    connection: Option<Arc<dyn crate::serve::current::CutOff>>,
}

impl Holder {
    /// To be called while the subscriber is polled.
    pub(crate) fn remember_waker(&self, cx: &Context<'_>) {
        let reach = Reach {
            waker: cx.waker().clone(),
            #[cfg(feature = "serve")]
            connection: crate::serve::current::connection(),
        };
        let before = self.reach.lock().replace(reach);
        drop(before);
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Relaxed)
    }

    fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Relaxed);
        let Some(reach) = self.reach.lock().take() else {
            return;
        };
        #[cfg(feature = "serve")]
        if let Some(connection) = reach.connection {
            connection.cut_off();
        }
        reach.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use esse_encoder::Block;

    use super::*;

    fn record(size: usize) -> Record {
        Record::new(&Block::event("x".repeat(size)))
    }

    fn lend(record: &Record, holder: &Arc<Holder>) -> Frame {
        record.payload().unwrap().lend(record.frame(), holder)
    }

    #[test]
    fn what_is_held_counts_from_its_eviction_to_its_last_byte() {
        let held = Held::at_most(usize::MAX);
        let holder = Arc::default();
        let record = record(LARGE);
        let size = record.frame().len();
        let bytes = lend(&record, &holder).to_bytes();
        assert_eq!(held.bytes(), 0);
        held.add(&record);
        held.add(&record);
        assert_eq!(held.bytes(), size);
        drop(record);
        let rest = bytes.slice(size - 1..);
        drop(bytes);
        assert_eq!(held.bytes(), size);
        drop(rest);
        assert_eq!(held.bytes(), 0);
    }

    #[test]
    fn a_small_one_is_not_followed() {
        assert!(record(100).payload().is_none());
    }

    #[test]
    fn the_slowest_are_cut_off() {
        let held = Held::at_most(3 * LARGE);
        let holders: [Arc<Holder>; 4] = Default::default();
        let mut frames = Vec::new();
        let mut evicted = |holder| {
            let record = record(LARGE);
            frames.push(lend(&record, holder));
            held.add(&record);
            held.bound();
        };
        let cut_off = || holders.each_ref().map(|holder| holder.is_cut_off());
        // Each is a little larger than LARGE, so two fit.
        evicted(&holders[0]);
        evicted(&holders[1]);
        assert_eq!(cut_off(), [false; 4]);
        evicted(&holders[2]);
        assert_eq!(cut_off(), [true, false, false, false]);
        // What was given up does not count, even while it is still held.
        evicted(&holders[3]);
        assert_eq!(cut_off(), [true, true, false, false]);
        assert!(held.bytes() <= 3 * LARGE);
        drop(frames);
        assert_eq!(held.bytes(), 0);
    }

    /// Two threads may find the same excess.
    #[test]
    fn the_same_excess_is_given_up_once() {
        let held = Held::at_most(3 * LARGE);
        let holders: [Arc<Holder>; 3] = Default::default();
        let records = holders.each_ref().map(|_| record(LARGE));
        let lent = records.iter().zip(&holders);
        let _frames: Vec<_> = lent.map(|(record, holder)| lend(record, holder)).collect();
        for record in &records {
            held.add(record);
        }
        assert_eq!(held.give_up_excess().len(), 1);
        assert_eq!(held.give_up_excess().len(), 0);
    }

    #[test]
    fn the_newest_stays_however_large_it_is() {
        let held = Held::at_most(0);
        let holder = Arc::default();
        let large = record(10 * LARGE);
        let _frame = lend(&large, &holder);
        held.add(&large);
        held.bound();
        assert!(!holder.is_cut_off());
        held.add(&record(LARGE));
        held.bound();
        assert!(holder.is_cut_off());
    }

    #[test]
    fn payloads_that_are_gone_take_no_room() {
        let held = Held::at_most(usize::MAX);
        for _ in 0..10_000 {
            held.add(&record(LARGE));
        }
        assert!(held.evicted.lock().payloads.len() <= 16);
        assert_eq!(held.bytes(), 0);
    }
}
