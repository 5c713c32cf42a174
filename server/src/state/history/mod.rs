//! `History`: the records of all topics, in one order, with bounds for each topic and for all.
//!
//! A record is an entry, in the lane of each of its topics and in the lane of those that want
//! everything. When it is evicted, its payload goes at once, and the entry remains for a while: it
//! is how a subscriber that comes back learns whether it lost anything that it wanted.

mod evict;
mod read;
mod remember;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use esse_encoder::EventId;
pub(super) use read::{FEW_LANES, Found};
pub(crate) use read::{Lost, Skipped, Tally};
use remember::Remembered;
use slab::Slab;

use super::bounds::Bounds;
use super::forgotten::{Forgotten, ForgottenLosses};
use super::ids::{IdHash, Ids};
use super::keys::{EntryKey, LaneKey, Losses, Position};
use super::lane::Lane;
use crate::record::Record;
use crate::topics::Topic;

/// The lane of what goes to every subscriber.
const COMMON: LaneKey = LaneKey(0);
/// The lane of everything, for subscribers that want it.
const EVERYTHING: LaneKey = LaneKey(1);
/// What a record counts for besides its bytes: its place in the history takes about as much.
const OVERHEAD: usize = 192;
/// What each of its topics adds to that, besides the name.
const OF_TOPIC: usize = 64;
/// What a topic counts for that holds a record.
const LANE: usize = 256;
/// A topic with more than this part of what may be kept, or remembered, of all topics gives up its own
/// oldest. If none has so much, the oldest of all goes: then a topic may have one record, which need
/// not go because it is large.
const SHARE: usize = 64;

#[derive(Debug)]
pub(super) struct History {
    bounds: Bounds,
    entries: Slab<Entry>,
    lanes: Slab<Lane>,
    lane_of: HashMap<Topic, LaneKey>,
    /// The lanes with kept records, by weight.
    heaviest: BTreeSet<(usize, LaneKey)>,
    /// The lanes with a record that expires, by the time of the oldest, or earlier if that was
    /// evicted meanwhile.
    expiring: BTreeSet<(Duration, LaneKey)>,
    ids: Ids,
    /// The newest record for each key, if it is kept, or was lost and is remembered.
    latest: HashMap<Arc<str>, EntryKey>,
    remembered: Remembered,
    end: Position,
    losses: Losses,
    /// Of the lanes that were dropped.
    forgotten: Forgotten,
    /// The place after the newest entry that is not remembered.
    forgotten_to: Position,
    /// With the place after it.
    newest_id: Option<(EventId, Position)>,
    /// The newest ID is known although its entry was forgotten.
    outlived: Option<(IdHash, Position)>,
    kept: usize,
    bytes: usize,
    weight: usize,
    looked: u64,
}

/// A record that is kept, or what is remembered of one.
#[derive(Debug)]
struct Entry {
    position: Position,
    lanes: Lanes,
    audience: Option<Arc<str>>,
    id: Option<IdHash>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Kept(Arc<Record>, Duration),
    /// Evicted as the loss of this number. A later record with the same key makes it a replaced one.
    Lost(Losses, Option<Arc<str>>),
    /// Replaced by a later record with the same key, or nothing that could be missed.
    Gone,
}

/// The lanes of an entry, besides that of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lanes {
    One(LaneKey),
    Several(Box<[LaneKey]>),
}

impl History {
    pub(super) fn new(bounds: Bounds) -> Self {
        let mut lanes = Slab::new();
        for reserved in [COMMON, EVERYTHING] {
            let key = lanes.insert(Lane::new(None, Forgotten::default()));
            debug_assert_eq!(key, reserved.0);
        }
        Self {
            bounds,
            entries: Slab::new(),
            lanes,
            lane_of: HashMap::new(),
            heaviest: BTreeSet::new(),
            expiring: BTreeSet::new(),
            ids: Ids::default(),
            latest: HashMap::new(),
            remembered: Remembered::default(),
            end: Position::default(),
            losses: Losses::default(),
            forgotten: Forgotten::default(),
            forgotten_to: Position::default(),
            newest_id: None,
            outlived: None,
            kept: 0,
            bytes: 0,
            weight: 0,
            looked: 0,
        }
    }

    /// Appends a record, and evicts others if there are too many. Evicted records go to `spare`.
    pub(super) fn push(
        &mut self,
        record: Arc<Record>,
        now: Duration,
        spare: &mut Vec<Arc<Record>>,
    ) -> Pushed {
        let position = self.end;
        self.end = position.next();
        let conflated = record.key().and_then(|key| self.latest.get(key).copied());
        if let Some(earlier) = conflated {
            self.replace(earlier, spare);
        }
        let lanes = self.lanes_of(&record);
        let id = record.id().map(|id| self.insert_id(id));
        let (size, weight) = (record.frame().len(), weight(&record));
        let key = record.key().cloned();
        let entry = EntryKey(self.entries.insert(Entry {
            position,
            lanes: lanes.clone(),
            audience: record.shared_audience().cloned(),
            id: id.map(|(hash, _)| hash),
            content: Content::Kept(record, now),
        }));
        if let Some(key) = key {
            self.latest.insert(key, entry);
        }
        self.kept += 1;
        self.bytes += size;
        self.weight += weight;
        self.lanes[EVERYTHING.0].push(position, entry, 0);
        for lane in lanes.keys() {
            self.reweigh(*lane, |lane| lane.push(position, entry, weight));
        }
        for lane in lanes.keys() {
            self.bound_lane(*lane, now, spare);
        }
        self.bound_all(spare);
        self.forget_excess();
        Pushed {
            at: (position, entry),
            lanes,
            conflated: conflated.is_some(),
            duplicate_id: id.is_some_and(|(_, duplicate)| duplicate),
        }
    }

    fn lanes_of(&mut self, record: &Record) -> Lanes {
        match record.topics() {
            [] => Lanes::One(COMMON),
            [topic] => Lanes::One(self.lane(topic)),
            several => Lanes::Several(several.iter().map(|topic| self.lane(topic)).collect()),
        }
    }

    fn lane(&mut self, name: &Topic) -> LaneKey {
        if let Some(key) = self.lane_of.get(name) {
            return *key;
        }
        let lane = Lane::new(Some(name.clone()), self.forgotten);
        let key = LaneKey(self.lanes.insert(lane));
        self.lane_of.insert(name.clone(), key);
        key
    }

    /// Changes the weight of a lane. One that holds something counts by itself.
    fn reweigh(&mut self, key: LaneKey, change: impl FnOnce(&mut Lane)) {
        let lane = &mut self.lanes[key.0];
        let before = lane.weight;
        change(lane);
        let after = lane.weight;
        if before != 0 {
            self.heaviest.remove(&(before, key));
            self.weight -= LANE;
        }
        if after != 0 {
            self.heaviest.insert((after, key));
            self.weight += LANE;
        }
    }

    /// Drops a lane that nothing and nobody needs.
    fn tidy(&mut self, key: LaneKey) {
        let lane = &self.lanes[key.0];
        let Some(name) = &lane.name else { return };
        if lane.is_empty() && lane.filters == 0 {
            self.lane_of.remove(name);
            self.set_expires(key, None);
            let lane = self.lanes.remove(key.0);
            self.forgotten = self.forgotten.and(lane.losses.all());
        }
    }

    /// The lanes of a filter that names these topics, or all; in order.
    pub(super) fn join(&mut self, named: Option<&[Topic]>) -> Box<[LaneKey]> {
        let Some(named) = named else {
            return [EVERYTHING].into();
        };
        let mut lanes = vec![COMMON];
        for name in named {
            let key = self.lane(name);
            self.lanes[key.0].filters += 1;
            lanes.push(key);
        }
        lanes.sort_unstable();
        lanes.into()
    }

    /// A filter with these lanes is gone.
    pub(super) fn leave(&mut self, lanes: &[LaneKey]) {
        for key in lanes {
            if self.lanes[key.0].name.is_some() {
                self.lanes[key.0].filters -= 1;
                self.tidy(*key);
            }
        }
    }

    /// A client that has this ID has missed nothing so far.
    pub(super) fn starts_after(&mut self, id: &EventId) {
        self.insert_id(id);
    }

    /// The newest ID, of the record before the end. Returns whether it was known.
    fn insert_id(&mut self, id: &EventId) -> (IdHash, bool) {
        let inserted = self.ids.insert(id, self.end);
        if let Some((hash, after)) = self.outlived.take() {
            self.ids.forget(hash, after);
        }
        self.newest_id = Some((id.clone(), self.end));
        inserted
    }

    /// Clients get the newest ID, and come back with it, so that one stays.
    fn forget_id(&mut self, hash: IdHash, after: Position) {
        if matches!(self.newest_id, Some((_, newest)) if newest == after) {
            self.outlived = Some((hash, after));
        } else {
            self.ids.forget(hash, after);
        }
    }

    /// Records are missing here that never came. All that was kept goes, and nobody resumes from
    /// before.
    pub(super) fn skip(&mut self, spare: &mut Vec<Arc<Record>>) {
        self.losses = self.losses.next();
        for entry in self.entries.drain() {
            if let Content::Kept(record, _) = entry.content {
                spare.push(record);
            }
        }
        self.heaviest.clear();
        self.expiring.clear();
        self.end = self.end.next();
        self.forgotten = Forgotten {
            to: self.end,
            losses: self.losses,
        };
        for (_, lane) in &mut self.lanes {
            let filters = lane.filters;
            *lane = Lane::new(lane.name.take(), self.forgotten);
            lane.filters = filters;
        }
        // What goes to everybody is not missed.
        self.lanes[COMMON.0].losses = ForgottenLosses::default();
        let keys: Vec<_> = self.lanes.iter().map(|(key, _)| LaneKey(key)).collect();
        for key in keys {
            self.tidy(key);
        }
        self.ids.clear();
        self.latest.clear();
        self.remembered = Remembered::default();
        (self.newest_id, self.outlived) = (None, None);
        (self.kept, self.bytes, self.weight) = (0, 0, 0);
    }

    pub(super) fn newest_id(&self) -> Option<&EventId> {
        self.newest_id.as_ref().map(|(id, _)| id)
    }

    pub(super) fn end(&self) -> Position {
        self.end
    }

    /// An ID that is not known any more belongs before this place.
    pub(super) fn forgotten_to(&self) -> Position {
        self.forgotten_to
    }

    pub(super) fn losses(&self) -> Losses {
        self.losses
    }

    pub(super) fn kept(&self) -> (usize, usize) {
        (self.kept, self.bytes)
    }

    pub(super) fn remembered(&self) -> usize {
        self.remembered.count
    }

    pub(super) fn topics(&self) -> usize {
        self.lane_of.len()
    }

    /// How many entries were looked at for subscribers so far.
    #[cfg(test)]
    pub(super) fn looked(&self) -> u64 {
        self.looked
    }
}

/// What became of a record that was appended.
#[derive(Debug)]
pub(super) struct Pushed {
    pub(super) at: (Position, EntryKey),
    pub(super) lanes: Lanes,
    /// It replaced an earlier one.
    pub(super) conflated: bool,
    /// An earlier record has the same ID.
    pub(super) duplicate_id: bool,
}

impl Lanes {
    fn keys(&self) -> &[LaneKey] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Several(keys) => keys,
        }
    }

    /// With that of everything.
    pub(super) fn all(&self) -> impl Iterator<Item = LaneKey> {
        self.keys().iter().copied().chain([EVERYTHING])
    }
}

/// What a record counts for.
fn weight(record: &Record) -> usize {
    let topics = record.topics().iter();
    let topics = topics.map(|topic| OF_TOPIC + topic.as_str().len());
    record.frame().len() + OVERHEAD + topics.sum::<usize>()
}

/// The entry with this key, unless it was forgotten and the key was given to another.
fn remembered(entries: &Slab<Entry>, (position, key): (Position, EntryKey)) -> Option<&Entry> {
    let entry = entries.get(key.0)?;
    (entry.position == position).then_some(entry)
}
