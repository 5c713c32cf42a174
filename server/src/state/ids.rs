//! Which record has which ID.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;

use esse_encoder::EventId;

use super::keys::Position;

/// The position after each record that is known, by the hash of its ID. IDs themselves are not
/// kept, so that they can outlive their records by far.
#[derive(Debug, Default)]
pub(super) struct Ids {
    after: HashMap<IdHash, Position>,
    hasher: RandomState,
}

/// 64 bits, with a secret key: a client that makes an ID up hits one of a million records with a
/// probability of 10⁻¹³.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct IdHash(u64);

impl Ids {
    /// Of two records with one ID the newer counts. Returns whether there was another.
    pub(super) fn insert(&mut self, id: &EventId, after: Position) -> (IdHash, bool) {
        let hash = self.hash(id);
        (hash, self.after.insert(hash, after).is_some())
    }

    pub(super) fn after(&self, id: &EventId) -> Option<Position> {
        self.after.get(&self.hash(id)).copied()
    }

    /// Forgets the ID, unless a later record has the same.
    pub(super) fn forget(&mut self, hash: IdHash, after: Position) {
        if let Entry::Occupied(entry) = self.after.entry(hash) {
            if *entry.get() == after {
                entry.remove();
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.after.clear();
    }

    fn hash(&self, id: &EventId) -> IdHash {
        IdHash(self.hasher.hash_one(id.as_str()))
    }
}
