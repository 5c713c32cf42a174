//! The records kept, oldest first, bounded in number and in bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use esse_encoder::EventId;

use super::keys::{Position, TopicKey};
use crate::record::Record;

#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    /// The position before the oldest entry.
    first: Position,
    bytes: usize,
    bounds: Bounds,
    /// The position after the newest record with this ID.
    after: HashMap<EventId, Position>,
    /// The ID of the record just before the oldest. A client that has it missed nothing either.
    before_first: Option<EventId>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) record: Arc<Record>,
    /// `None` if it goes to every subscriber.
    pub(super) topic: Option<TopicKey>,
}

/// How much to keep. The newest record is always kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

impl Ring {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            entries: VecDeque::new(),
            first: Position::default(),
            bytes: 0,
            bounds,
            after: HashMap::new(),
            before_first: None,
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.bytes += entry.record.frame().len();
        if let Some(id) = entry.record.id() {
            self.after.insert(id.clone(), self.end().plus(1));
        }
        self.entries.push_back(entry);
    }

    /// Removes and returns the oldest entry, and the position after it, if the ring exceeds its
    /// bounds.
    pub(super) fn evict(&mut self) -> Option<(Entry, Position)> {
        let fits = self.entries.len() <= self.bounds.events && self.bytes <= self.bounds.bytes;
        if fits || self.entries.len() <= 1 {
            return None;
        }
        self.take_oldest()
    }

    /// Removes and returns the oldest entry, and the position after it.
    pub(super) fn take_oldest(&mut self) -> Option<(Entry, Position)> {
        let entry = self.entries.pop_front()?;
        self.first = self.first.plus(1);
        self.bytes -= entry.record.frame().len();
        self.before_first = entry.record.id().cloned();
        self.forget(entry.record.id());
        Some((entry, self.first))
    }

    /// Skips one position, which stands for records that never came here. The ring must be empty.
    pub(super) fn skip(&mut self) {
        self.first = self.first.plus(1);
        self.before_first = None;
    }

    /// Forgets the ID, unless a later record has the same one.
    fn forget(&mut self, id: Option<&EventId>) {
        if let Some(id) = id {
            if self.after.get(id) == Some(&self.first) {
                self.after.remove(id);
            }
        }
    }

    /// Sets the ID of the record before all that will be appended. The ring must be empty.
    pub(super) fn starts_after(&mut self, id: EventId) {
        self.skip();
        self.before_first = Some(id);
    }

    /// The position after the newest record with this ID, if nothing after it was evicted.
    pub(super) fn after(&self, id: &EventId) -> Option<Position> {
        let kept = self.after.get(id).copied();
        let is_before = || self.before_first.as_ref() == Some(id);
        kept.or_else(|| is_before().then_some(self.first))
    }

    pub(super) fn at(&self, position: Position) -> Option<&Entry> {
        let index = position.since(self.first)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    pub(super) fn first(&self) -> Position {
        self.first
    }

    pub(super) fn end(&self) -> Position {
        self.first.plus(self.entries.len())
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
