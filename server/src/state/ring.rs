//! The records kept, oldest first, bounded in number and in bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use esse_encoder::EventId;

use super::interest::TopicKey;
use crate::record::Record;

/// A place between records: that many were appended before it.
pub(crate) type Position = u64;

#[derive(Debug)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    /// The position before the oldest entry.
    first: Position,
    bytes: usize,
    bounds: Bounds,
    /// Where a receiver with this last event ID goes on.
    after: HashMap<EventId, Position>,
    /// The ID of the record just before the oldest: whoever has it missed nothing either.
    before_first: Option<EventId>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) record: Arc<Record>,
    /// `None`: for every subscriber.
    pub(crate) topic: Option<TopicKey>,
}

/// How much is kept. The newest record is, whatever its size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

impl Ring {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            bytes: 0,
            bounds,
            after: HashMap::new(),
            before_first: None,
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.bytes += entry.record.frame().len();
        if let Some(id) = entry.record.id() {
            self.after.insert(id.clone(), self.end() + 1);
        }
        self.entries.push_back(entry);
    }

    /// Takes out the oldest entry if there is more than the bounds allow, with the position after
    /// it.
    pub(crate) fn evict(&mut self) -> Option<(Entry, Position)> {
        let fits = self.entries.len() <= self.bounds.events && self.bytes <= self.bounds.bytes;
        if fits || self.entries.len() <= 1 {
            return None;
        }
        self.take_oldest()
    }

    /// Takes out the oldest entry, with the position after it.
    pub(crate) fn take_oldest(&mut self) -> Option<(Entry, Position)> {
        let entry = self.entries.pop_front()?;
        self.first += 1;
        self.bytes -= entry.record.frame().len();
        self.before_first = entry.record.id().cloned();
        self.forget(entry.record.id());
        Some((entry, self.first))
    }

    /// Leaves out one position, for what was never here. Nothing may be kept.
    pub(crate) fn skip(&mut self) {
        self.first += 1;
        self.before_first = None;
    }

    /// Unless a later record has the same ID.
    fn forget(&mut self, id: Option<&EventId>) {
        if let Some(id) = id {
            if self.after.get(id) == Some(&self.first) {
                self.after.remove(id);
            }
        }
    }

    /// Says which ID the record had that came before all that will be appended. Nothing may be
    /// kept.
    pub(crate) fn starts_after(&mut self, id: EventId) {
        self.skip();
        self.before_first = Some(id);
    }

    /// The position after the newest record with this ID, if nothing after it is lost.
    pub(crate) fn after(&self, id: &EventId) -> Option<Position> {
        let kept = self.after.get(id).copied();
        let is_before = || self.before_first.as_ref() == Some(id);
        kept.or_else(|| is_before().then_some(self.first))
    }

    pub(crate) fn at(&self, position: Position) -> Option<&Entry> {
        let index = position.checked_sub(self.first)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn first(&self) -> Position {
        self.first
    }

    pub(crate) fn end(&self) -> Position {
        self.first + self.entries.len() as u64
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
