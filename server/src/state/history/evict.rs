//! What is evicted from the history.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::{Content, EVERYTHING, Entry, History, SHARE, remembered, weight};
use crate::record::Record;
use crate::state::bounds::Keep;
use crate::state::keys::{EntryKey, LaneKey, Position};

impl History {
    /// Lets go of what exceeds the bounds of the topic. The newest record of all always stays.
    pub(super) fn bound_lane(&mut self, key: LaneKey, now: Duration, spare: &mut Vec<Arc<Record>>) {
        let keep = self.keep_of(key);
        let expires = loop {
            let Some((position, oldest)) = self.oldest_kept(key) else {
                break None;
            };
            let lane = &self.lanes[key.0];
            let fits = lane.kept <= keep.events && lane.weight <= keep.bytes;
            let expires = keep.age.and_then(|age| self.expires(oldest, age));
            if (fits && expires.is_none_or(|at| at >= now)) || self.is_newest(oldest) {
                break expires;
            }
            self.let_go(key, position, oldest, spare);
        };
        self.set_expires(key, expires);
    }

    /// The topic no longer holds this record, which goes if no other topic does.
    fn let_go(
        &mut self,
        key: LaneKey,
        position: Position,
        entry: EntryKey,
        spare: &mut Vec<Arc<Record>>,
    ) {
        let Entry { lanes, content, .. } = &self.entries[entry.0];
        let mut others = lanes.keys().iter().filter(|other| **other != key);
        match content {
            Content::Kept(record, _) if others.any(|other| self.lanes[other.0].holds(position)) => {
                let weight = weight(record);
                self.reweigh(key, |lane| {
                    lane.evict(weight);
                    lane.kept_from = position.next();
                });
            }
            _ => self.drop_record(entry, true, spare),
        }
    }

    /// The last moment at which the record of this entry may be kept, if there is one.
    fn expires(&self, key: EntryKey, age: Duration) -> Option<Duration> {
        match self.entries[key.0].content {
            Content::Kept(_, at) => at.checked_add(age),
            Content::Lost(..) | Content::Gone => None,
        }
    }

    /// When the lane is to be looked at.
    pub(super) fn set_expires(&mut self, key: LaneKey, expires: Option<Duration>) {
        let before = mem::replace(&mut self.lanes[key.0].expires, expires);
        if before != expires {
            if let Some(before) = before {
                self.expiring.remove(&(before, key));
            }
            self.expiring.extend(expires.map(|at| (at, key)));
        }
    }

    fn keep_of(&self, key: LaneKey) -> Keep {
        let name = self.lanes[key.0].name.as_ref();
        let own = name.and_then(|name| self.bounds.of_topic.get(name));
        own.copied().unwrap_or(self.bounds.each)
    }

    /// The oldest entry whose record the lane holds.
    fn oldest_kept(&mut self, key: LaneKey) -> Option<(Position, EntryKey)> {
        let lane = &self.lanes[key.0];
        let found = lane.oldest_kept(|entry| {
            let entry = remembered(&self.entries, entry);
            entry.is_some_and(|entry| matches!(entry.content, Content::Kept(..)))
        });
        self.lanes[key.0].kept_from = found.map_or(self.end, |(position, _)| position);
        found
    }

    fn is_newest(&self, key: EntryKey) -> bool {
        self.entries[key.0].position.next() == self.end
    }

    /// Evicts until all records together are within their bound. The newest of all always stays.
    pub(super) fn bound_all(&mut self, spare: &mut Vec<Arc<Record>>) {
        while self.weight > self.bounds.bytes {
            let heavy = self.oldest_of_the_heaviest();
            let Some(oldest) = heavy.or_else(|| self.oldest_but_the_newest(EVERYTHING)) else {
                return;
            };
            self.drop_record(oldest, true, spare);
        }
    }

    /// Of the heaviest topic that has more than its share, and another record than the newest of
    /// all.
    fn oldest_of_the_heaviest(&mut self) -> Option<EntryKey> {
        let share = self.bounds.bytes / SHARE;
        let mut at = self.heaviest.last().copied();
        while let Some((weight, key)) = at.filter(|(weight, _)| *weight > share) {
            if let Some(oldest) = self.oldest_but_the_newest(key) {
                return Some(oldest);
            }
            at = self.heaviest.range(..(weight, key)).next_back().copied();
        }
        None
    }

    fn oldest_but_the_newest(&mut self, key: LaneKey) -> Option<EntryKey> {
        let (_, oldest) = self.oldest_kept(key)?;
        (!self.is_newest(oldest)).then_some(oldest)
    }

    /// Evicts what is older than its topic allows. Looks only at topics of which something expires.
    pub(in crate::state) fn expire(&mut self, now: Duration, spare: &mut Vec<Arc<Record>>) {
        let due = self.expiring.range(..(now, LaneKey(0)));
        let due: Vec<_> = due.map(|(_, key)| *key).collect();
        for key in due {
            self.bound_lane(key, now, spare);
        }
        self.forget_excess();
    }

    /// There is a newer record with the same key.
    pub(super) fn replace(&mut self, key: EntryKey, spare: &mut Vec<Arc<Record>>) {
        let entry = &mut self.entries[key.0];
        if let Content::Lost(..) = entry.content {
            entry.content = Content::Gone;
        }
        self.drop_record(key, false, spare);
    }

    /// Drops the record of an entry that has one. The entry remains. If it `is_loss`, subscribers
    /// learn from it what they lost.
    fn drop_record(&mut self, key: EntryKey, is_loss: bool, spare: &mut Vec<Arc<Record>>) {
        let entry = &mut self.entries[key.0];
        let Content::Kept(record, _) = mem::replace(&mut entry.content, Content::Gone) else {
            return;
        };
        let (position, lanes) = (entry.position, entry.lanes.clone());
        if is_loss && record.is_event() {
            self.losses = self.losses.next();
            entry.content = Content::Lost(self.losses, record.key().cloned());
        } else if let Some(latest) = record.key() {
            self.latest.remove(latest);
        }
        let weight = weight(&record);
        self.kept -= 1;
        self.bytes -= record.frame().len();
        self.weight -= weight;
        self.lanes[EVERYTHING.0].evict(0);
        for lane in lanes.keys() {
            if self.lanes[lane.0].holds(position) {
                self.reweigh(*lane, |lane| lane.evict(weight));
            }
        }
        spare.push(record);
        self.remember(key);
    }
}
