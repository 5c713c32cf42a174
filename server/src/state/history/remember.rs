//! What is remembered of records that are not kept any more, and what is forgotten first.

use std::collections::{BTreeSet, VecDeque};

use super::{Content, History, SHARE, remembered};
use crate::state::forgotten::Forgotten;
use crate::state::keys::{EntryKey, LaneKey};

/// How many entries without a record count for which topic. An entry of several topics counts for
/// one of them.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) count: usize,
    /// How many were added so far.
    added: u64,
    by_count: BTreeSet<(usize, LaneKey)>,
    /// By the oldest entry.
    by_age: BTreeSet<(u64, LaneKey)>,
}

impl Remembered {
    fn remove(&mut self, lane: LaneKey, entries: &VecDeque<(u64, EntryKey)>) {
        if let Some((oldest, _)) = entries.front() {
            self.count -= entries.len();
            self.by_count.remove(&(entries.len(), lane));
            self.by_age.remove(&(*oldest, lane));
        }
    }

    fn insert(&mut self, lane: LaneKey, entries: &VecDeque<(u64, EntryKey)>) {
        if let Some((oldest, _)) = entries.front() {
            self.count += entries.len();
            self.by_count.insert((entries.len(), lane));
            self.by_age.insert((*oldest, lane));
        }
    }

    /// The topic that forgets an entry, if there may be this many.
    fn too_much(&self, bound: usize) -> Option<LaneKey> {
        if self.count <= bound {
            return None;
        }
        let share = (bound / SHARE).max(1);
        let most = self.by_count.last().filter(|(count, _)| *count > share);
        let oldest = || self.by_age.first().map(|(_, lane)| *lane);
        most.map(|(_, lane)| *lane).or_else(oldest)
    }
}

impl History {
    /// The entry has no record any more. It counts for that of its topics of which most is
    /// remembered.
    pub(super) fn remember(&mut self, key: EntryKey) {
        let lanes = self.entries[key.0].lanes.keys().iter().copied();
        let most = lanes.max_by_key(|lane| self.lanes[lane.0].remembered.len());
        let Some(lane) = most else { return };
        self.remembered.added += 1;
        let number = self.remembered.added;
        self.recount(lane, |entries| entries.push_back((number, key)));
    }

    /// Forgets what is too much. Lanes may be dropped, so only the last step of a change does this.
    pub(super) fn forget_excess(&mut self) {
        while let Some(lane) = self.remembered.too_much(self.bounds.remembered) {
            if let Some((_, oldest)) = self.recount(lane, VecDeque::pop_front) {
                self.forget(oldest);
            }
        }
    }

    fn recount<T>(
        &mut self,
        key: LaneKey,
        change: impl FnOnce(&mut VecDeque<(u64, EntryKey)>) -> T,
    ) -> T {
        let entries = &mut self.lanes[key.0].remembered;
        self.remembered.remove(key, entries);
        let result = change(entries);
        self.remembered.insert(key, entries);
        result
    }

    fn forget(&mut self, key: EntryKey) {
        let entry = self.entries.remove(key.0);
        let to = entry.position.next();
        self.forgotten_to = self.forgotten_to.max(to);
        if let Some(id) = entry.id {
            self.forget_id(id, to);
        }
        for key in entry.lanes.all() {
            let lane = &mut self.lanes[key.0];
            lane.forget(|entry| remembered(&self.entries, entry).is_some());
            if let Content::Lost(losses, _) = entry.content {
                lane.losses.add(Forgotten { to, losses });
            }
            self.tidy(key);
        }
        if let Content::Lost(_, Some(latest)) = entry.content {
            self.latest.remove(&latest);
        }
    }
}
