//! `History`: the records of all topics, in one order, with bounds for each topic and for all.
//!
//! A record is an entry, in the lane of each of its topics and in the lane of those that want
//! everything. When it is evicted, its payload goes at once, and the entry remains for a while: it
//! is how a subscriber that comes back learns whether it lost anything that it wanted.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use esse_encoder::EventId;
use slab::Slab;

use super::bounds::{Bounds, Keep};
use super::ids::{IdHash, Ids};
use super::keys::{EntryKey, LaneKey, Losses, Position};
use super::lane::Lane;
use crate::record::Record;
use crate::topics::Topic;

/// The lane of what goes to every subscriber.
const COMMON: LaneKey = LaneKey(0);
/// The lane of everything, for subscribers that want it.
const EVERYTHING: LaneKey = LaneKey(1);
/// What a record counts for besides its bytes: its place in the history costs about as much.
const OVERHEAD: usize = 256;

#[derive(Debug)]
pub(super) struct History {
    bounds: Bounds,
    entries: Slab<Entry>,
    lanes: Slab<Lane>,
    lane_of: HashMap<Topic, LaneKey>,
    /// The lanes with kept records, by weight.
    heaviest: BTreeSet<(usize, LaneKey)>,
    ids: Ids,
    /// The newest record for each key.
    latest: HashMap<Arc<str>, (Position, EntryKey)>,
    /// The entries without a record, in the order in which they lost it.
    remembered: VecDeque<(Position, EntryKey)>,
    end: Position,
    losses: Losses,
    /// The highest of the lanes that were dropped.
    forgotten_to: (Position, Losses),
    newest_id: Option<EventId>,
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
    /// Evicted as the loss of this number.
    Lost(Losses),
    /// Replaced by a later record with the same key, or nothing that could be missed.
    Gone,
}

/// The lanes of an entry, besides that of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lanes {
    One(LaneKey),
    Several(Box<[LaneKey]>),
}

/// What a subscriber finds next.
#[derive(Debug)]
pub(super) enum Found {
    Record(Arc<Record>, Position),
    Lost(Lost),
    /// Records were lost that are no longer remembered: this many had been lost by then.
    Forgotten(Losses),
    Nothing,
}

/// Records that are one after the other for the subscriber, have the same topics and audience, and
/// were lost.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) count: u64,
    pub(crate) audience: Option<Arc<str>>,
    pub(crate) topics: Vec<Topic>,
    /// The position after the last one.
    pub(crate) to: Position,
}

/// What a subscriber that resumes finds: for each audience, how many are kept, and how many lost.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) of: HashMap<Option<Arc<str>>, Counts>,
    pub(crate) forgotten: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) kept: u64,
    pub(crate) lost: u64,
}

impl History {
    pub(super) fn new(bounds: Bounds) -> Self {
        let mut lanes = Slab::new();
        for reserved in [COMMON, EVERYTHING] {
            let key = lanes.insert(Lane::new(None, Default::default()));
            debug_assert_eq!(key, reserved.0);
        }
        Self {
            bounds,
            entries: Slab::new(),
            lanes,
            lane_of: HashMap::new(),
            heaviest: BTreeSet::new(),
            ids: Ids::default(),
            latest: HashMap::new(),
            remembered: VecDeque::new(),
            end: Position::default(),
            losses: Losses::default(),
            forgotten_to: Default::default(),
            newest_id: None,
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
        let conflated = self.replace(&record, spare);
        let lanes = self.lanes_of(&record);
        let id = record.id().map(|id| self.ids.insert(id, self.end));
        if record.id().is_some() {
            self.newest_id = record.id().cloned();
        }
        let (size, key) = (record.frame().len(), record.key().cloned());
        let entry = EntryKey(self.entries.insert(Entry {
            position,
            lanes: lanes.clone(),
            audience: record.shared_audience().cloned(),
            id: id.map(|(hash, _)| hash),
            content: Content::Kept(record, now),
        }));
        if let Some(key) = key {
            self.latest.insert(key, (position, entry));
        }
        self.kept += 1;
        self.bytes += size;
        self.weight += size + OVERHEAD;
        self.lanes[EVERYTHING.0].push(position, entry, 0);
        for lane in lanes.keys() {
            self.reweigh(*lane, |lane| lane.push(position, entry, size + OVERHEAD));
        }
        for lane in lanes.keys() {
            self.bound_lane(*lane, now, spare);
        }
        self.bound_all(spare);
        Pushed {
            lanes: lanes.keys().iter().copied().chain([EVERYTHING]).collect(),
            conflated,
            duplicate_id: id.is_some_and(|(_, duplicate)| duplicate),
        }
    }

    /// Removes the earlier record with the same key.
    fn replace(&mut self, record: &Record, spare: &mut Vec<Arc<Record>>) -> bool {
        let Some((position, entry)) = record.key().and_then(|key| self.latest.remove(key)) else {
            return false;
        };
        self.is_remembered((position, entry)) && self.drop_record(entry, false, spare)
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
        let lane = Lane::new(Some(name.clone()), self.forgotten_to);
        let key = LaneKey(self.lanes.insert(lane));
        self.lane_of.insert(name.clone(), key);
        key
    }

    /// Changes the weight of a lane.
    fn reweigh(&mut self, key: LaneKey, change: impl FnOnce(&mut Lane)) {
        let lane = &mut self.lanes[key.0];
        let before = lane.weight;
        change(lane);
        let after = lane.weight;
        if before != 0 {
            self.heaviest.remove(&(before, key));
        }
        if after != 0 {
            self.heaviest.insert((after, key));
        }
    }

    /// Evicts what exceeds the bounds of the topic. The newest record of all always stays.
    fn bound_lane(&mut self, key: LaneKey, now: Duration, spare: &mut Vec<Arc<Record>>) {
        let keep = self.keep_of(key);
        while let Some((_, oldest)) = self.oldest_kept(key) {
            let lane = &self.lanes[key.0];
            let fits = lane.kept <= keep.events && lane.weight <= keep.bytes;
            if (fits && !self.is_older(oldest, keep.age, now)) || self.is_newest(oldest) {
                return;
            }
            self.drop_record(oldest, true, spare);
        }
    }

    fn is_older(&self, key: EntryKey, age: Option<Duration>, now: Duration) -> bool {
        match (&self.entries[key.0].content, age) {
            (Content::Kept(_, at), Some(age)) => now.saturating_sub(*at) > age,
            _ => false,
        }
    }

    fn keep_of(&self, key: LaneKey) -> Keep {
        let name = self.lanes[key.0].name.as_ref();
        let own = name.and_then(|name| self.bounds.of_topic.get(name));
        own.copied().unwrap_or(self.bounds.each)
    }

    /// The oldest entry of the lane that has its record.
    fn oldest_kept(&mut self, key: LaneKey) -> Option<(Position, EntryKey)> {
        let lane = &self.lanes[key.0];
        let found = lane.oldest_kept(|entry| self.kept_record(entry).is_some());
        self.lanes[key.0].kept_from = found.map_or(self.end, |(position, _)| position);
        found
    }

    fn is_newest(&self, key: EntryKey) -> bool {
        self.entries[key.0].position.next() == self.end
    }

    /// Evicts until all records together are within their bound: from the heaviest topic first.
    fn bound_all(&mut self, spare: &mut Vec<Arc<Record>>) {
        while self.weight > self.bounds.bytes {
            let Some(oldest) = self.oldest_of_the_heaviest() else {
                return;
            };
            self.drop_record(oldest, true, spare);
        }
    }

    /// The oldest record of the heaviest topic that has another one than the newest of all.
    fn oldest_of_the_heaviest(&mut self) -> Option<EntryKey> {
        let mut at = self.heaviest.last().copied();
        while let Some((weight, key)) = at {
            let oldest = self.oldest_kept(key).map(|(_, oldest)| oldest);
            if let Some(oldest) = oldest.filter(|oldest| !self.is_newest(*oldest)) {
                return Some(oldest);
            }
            at = self.heaviest.range(..(weight, key)).next_back().copied();
        }
        None
    }

    /// Evicts what is older than its topic allows.
    pub(super) fn expire(&mut self, now: Duration, spare: &mut Vec<Arc<Record>>) {
        if !self.bounds.has_age() {
            return;
        }
        let keys: Vec<_> = self.heaviest.iter().map(|(_, key)| *key).collect();
        for key in keys {
            self.bound_lane(key, now, spare);
        }
    }

    /// Drops the record of an entry. If it `is_loss`, the entry remains, so that subscribers learn
    /// what they lost. Returns whether there was a record.
    fn drop_record(&mut self, key: EntryKey, is_loss: bool, spare: &mut Vec<Arc<Record>>) -> bool {
        let entry = &mut self.entries[key.0];
        let is_loss =
            is_loss && matches!(&entry.content, Content::Kept(record, _) if record.is_event());
        if is_loss {
            self.losses = self.losses.next();
        }
        let content = if is_loss {
            Content::Lost(self.losses)
        } else {
            Content::Gone
        };
        let before = std::mem::replace(&mut entry.content, content);
        let (position, lanes) = (entry.position, entry.lanes.clone());
        let Content::Kept(record, _) = before else {
            entry.content = before;
            return false;
        };
        let size = record.frame().len();
        self.kept -= 1;
        self.bytes -= size;
        self.weight -= size + OVERHEAD;
        self.lanes[EVERYTHING.0].evict(0);
        for lane in lanes.keys() {
            self.reweigh(*lane, |lane| lane.evict(size + OVERHEAD));
        }
        if let Some(latest) = record.key() {
            if self.latest.get(latest) == Some(&(position, key)) {
                self.latest.remove(latest);
            }
        }
        spare.push(record);
        self.remembered.push_back((position, key));
        while self.remembered.len() > self.bounds.remembered {
            if let Some((_, oldest)) = self.remembered.pop_front() {
                self.forget(oldest);
            }
        }
        true
    }

    /// Forgets an entry that has no record any more.
    fn forget(&mut self, key: EntryKey) {
        let entry = self.entries.remove(key.0);
        let after = entry.position.next();
        if let Some(id) = entry.id {
            self.ids.forget(id, after);
        }
        for lane in entry.lanes.keys().iter().chain([&EVERYTHING]) {
            let entries = &self.entries;
            let lane_state = &mut self.lanes[lane.0];
            lane_state.forget(|entry| is_remembered(entries, entry));
            if let Content::Lost(number) = entry.content {
                lane_state.forgot((after, number));
            }
            self.tidy(*lane);
        }
    }

    fn is_remembered(&self, entry: (Position, EntryKey)) -> bool {
        is_remembered(&self.entries, entry)
    }

    fn kept_record(&self, entry: (Position, EntryKey)) -> Option<&Arc<Record>> {
        match &self.remembered_entry(entry)?.content {
            Content::Kept(record, _) => Some(record),
            Content::Lost(_) | Content::Gone => None,
        }
    }

    fn remembered_entry(&self, (position, key): (Position, EntryKey)) -> Option<&Entry> {
        let entry = self.entries.get(key.0)?;
        (entry.position == position).then_some(entry)
    }

    /// Drops a lane that nothing and nobody needs.
    fn tidy(&mut self, key: LaneKey) {
        let lane = &self.lanes[key.0];
        let Some(name) = &lane.name else { return };
        if lane.is_empty() && lane.filters == 0 {
            self.lane_of.remove(name);
            let lane = self.lanes.remove(key.0);
            self.forgotten_to.0 = self.forgotten_to.0.max(lane.forgotten_to.0);
            self.forgotten_to.1 = self.forgotten_to.1.max(lane.forgotten_to.1);
        }
    }

    /// The lanes of a filter that names these topics, or all.
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

    /// What comes at or after `from` in these lanes. Losses up to `forgiven` do not count.
    pub(super) fn next(&mut self, lanes: &[LaneKey], from: Position, forgiven: Losses) -> Found {
        if let Some(losses) = self.forgotten(lanes, from, forgiven) {
            return Found::Forgotten(losses);
        }
        let (mut from, mut looked) = (from, 0);
        let mut lost: Option<(Lost, &Lanes)> = None;
        while let Some((position, entry)) = self.first(lanes, from, &mut looked) {
            from = position.next();
            match (&entry.content, &mut lost) {
                (Content::Gone, _) => {}
                (Content::Lost(number), _) if *number <= forgiven => {}
                (Content::Kept(record, _), None) => {
                    let record = Arc::clone(record);
                    self.looked += looked;
                    return Found::Record(record, position);
                }
                (Content::Lost(_), None) => {
                    let topics = self.names(&entry.lanes, lanes);
                    let audience = entry.audience.clone();
                    let to = from;
                    let count = 1;
                    lost = Some((
                        Lost {
                            count,
                            audience,
                            topics,
                            to,
                        },
                        &entry.lanes,
                    ));
                }
                (Content::Lost(_), Some((lost, of)))
                    if entry.audience == lost.audience && entry.lanes == **of =>
                {
                    lost.count += 1;
                    lost.to = from;
                }
                (Content::Kept(..) | Content::Lost(_), Some(_)) => break,
            }
        }
        let found = lost.map_or(Found::Nothing, |(lost, _)| Found::Lost(lost));
        self.looked += looked;
        found
    }

    /// The first remembered entry at or after `from` in these lanes.
    fn first(
        &self,
        lanes: &[LaneKey],
        from: Position,
        looked: &mut u64,
    ) -> Option<(Position, &Entry)> {
        let mut from = from;
        loop {
            let heads = lanes.iter().filter_map(|key| {
                let lane = &self.lanes[key.0];
                lane.at(lane.seek(from, looked))
            });
            let (position, key) = heads.min_by_key(|(position, _)| *position)?;
            if let Some(entry) = self.remembered_entry((position, key)) {
                return Some((position, entry));
            }
            from = position.next();
        }
    }

    fn forgotten(&self, lanes: &[LaneKey], from: Position, forgiven: Losses) -> Option<Losses> {
        let lanes = lanes.iter().map(|lane| self.lanes[lane.0].forgotten_to);
        let lost = lanes.filter(|(to, losses)| *to > from && *losses > forgiven);
        lost.map(|(_, losses)| losses).max()
    }

    /// The names of an entry's topics that a filter names too.
    fn names(&self, of: &Lanes, wanted: &[LaneKey]) -> Vec<Topic> {
        let lanes = of.keys().iter();
        let lanes = lanes.filter(|lane| wanted.contains(lane) || wanted == [EVERYTHING]);
        lanes
            .filter_map(|lane| self.lanes[lane.0].name.clone())
            .collect()
    }

    /// What a subscriber that resumes here finds in these lanes.
    pub(super) fn tally(&self, lanes: &[LaneKey], from: Position) -> Tally {
        let mut tally = Tally {
            forgotten: self.forgotten(lanes, from, Losses::default()).is_some(),
            ..Tally::default()
        };
        for (_, entry) in Walk::new(self, lanes, from) {
            let counts = match &entry.content {
                Content::Gone => continue,
                content => (tally.of.entry(entry.audience.clone()).or_default(), content),
            };
            match counts {
                (counts, Content::Kept(..)) => counts.kept += 1,
                (counts, _) => counts.lost += 1,
            }
        }
        tally
    }

    /// Whether anything in these lanes was lost at or after this place, for anyone.
    pub(super) fn lost_after(&self, lanes: &[LaneKey], from: Position) -> bool {
        let tally = self.tally(lanes, from);
        tally.forgotten || tally.of.values().any(|counts| counts.lost > 0)
    }

    /// The place of the oldest record that is kept in these lanes, or the end.
    pub(super) fn oldest(&self, lanes: &[LaneKey]) -> Position {
        let mut walk = Walk::new(self, lanes, Position::default());
        let kept = walk.find(|(_, entry)| matches!(entry.content, Content::Kept(..)));
        kept.map_or(self.end, |(position, _)| position)
    }

    /// The place of the oldest record that is kept, or the end.
    pub(super) fn oldest_of_all(&self) -> Position {
        self.oldest(&[EVERYTHING])
    }

    /// The place after the newest record with this ID, if it is known.
    pub(super) fn after(&self, id: &EventId) -> Option<Position> {
        self.ids.after(id)
    }

    /// A client that has this ID has missed nothing so far.
    pub(super) fn starts_after(&mut self, id: &EventId) {
        self.ids.insert(id, self.end);
        self.newest_id = Some(id.clone());
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
        self.end = self.end.next();
        self.forgotten_to = (self.end, self.losses);
        let forgotten_to = self.forgotten_to;
        for (_, lane) in &mut self.lanes {
            let filters = lane.filters;
            *lane = Lane::new(lane.name.take(), forgotten_to);
            lane.filters = filters;
        }
        // What goes to everybody is not missed.
        self.lanes[COMMON.0].forgotten_to = Default::default();
        let keys: Vec<_> = self.lanes.iter().map(|(key, _)| LaneKey(key)).collect();
        for key in keys {
            self.tidy(key);
        }
        self.heaviest.clear();
        self.ids.clear();
        self.latest.clear();
        self.remembered.clear();
        self.newest_id = None;
        (self.kept, self.bytes, self.weight) = (0, 0, 0);
    }

    /// The records after this place, if none of them was lost.
    pub(super) fn page(&self, from: Position, at_most: usize) -> Option<Vec<Arc<Record>>> {
        if self.lost_after(&[EVERYTHING], from) {
            return None;
        }
        let walk = Walk::new(self, &[EVERYTHING], from);
        let records = walk.filter_map(|(_, entry)| match &entry.content {
            Content::Kept(record, _) => Some(Arc::clone(record)),
            Content::Lost(_) | Content::Gone => None,
        });
        Some(records.take(at_most).collect())
    }

    pub(super) fn newest_id(&self) -> Option<&EventId> {
        self.newest_id.as_ref()
    }

    pub(super) fn end(&self) -> Position {
        self.end
    }

    pub(super) fn losses(&self) -> Losses {
        self.losses
    }

    pub(super) fn kept(&self) -> (usize, usize) {
        (self.kept, self.bytes)
    }

    pub(super) fn remembered(&self) -> usize {
        self.remembered.len()
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
    /// The lanes that it is in.
    pub(super) lanes: Vec<LaneKey>,
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
}

fn is_remembered(entries: &Slab<Entry>, (position, key): (Position, EntryKey)) -> bool {
    entries
        .get(key.0)
        .is_some_and(|entry| entry.position == position)
}

/// The remembered entries of some lanes in one order, each once.
struct Walk<'h> {
    history: &'h History,
    /// Where the walk is in each lane.
    at: Vec<(&'h Lane, usize)>,
}

impl<'h> Walk<'h> {
    fn new(history: &'h History, lanes: &[LaneKey], from: Position) -> Self {
        let lanes = lanes.iter().map(|key| &history.lanes[key.0]);
        let at = lanes.map(|lane| (lane, lane.seek(from, &mut 0))).collect();
        Self { history, at }
    }
}

impl<'h> Iterator for Walk<'h> {
    type Item = (Position, &'h Entry);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let heads = self.at.iter().filter_map(|(lane, index)| lane.at(*index));
            let (position, key) = heads.min_by_key(|(position, _)| *position)?;
            for (lane, index) in &mut self.at {
                if lane.at(*index).is_some_and(|(head, _)| head == position) {
                    *index += 1;
                }
            }
            if let Some(entry) = self.history.remembered_entry((position, key)) {
                return Some((position, entry));
            }
        }
    }
}
