//! What a subscriber finds in the history.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use esse_encoder::EventId;

use super::{Content, EVERYTHING, Entry, History, Lanes, remembered};
use crate::gap::TOPICS;
use crate::record::Record;
use crate::state::forgotten::Forgotten;
use crate::state::keys::{EntryKey, LaneKey, Losses, Position};
use crate::state::lane::Lane;
use crate::topics::Topic;

/// A look at each of this many lanes is cheaper than one at the entries of all.
pub(in crate::state) const FEW_LANES: usize = 8;

/// What a subscriber finds next.
#[derive(Debug)]
pub(in crate::state) enum Found {
    Record(Arc<Record>, Position),
    Lost(Lost),
    /// Records were lost, and it is no longer known which.
    Forgotten(Forgotten),
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

/// What a subscriber skips: for each audience how many events, and their topics. These are some of
/// them if there are many.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    pub(crate) of: BTreeMap<Option<Arc<str>>, (u64, Vec<Topic>)>,
    pub(crate) forgotten: bool,
}

impl History {
    /// The record of this entry at this place, if it is kept.
    pub(in crate::state) fn record_at(
        &mut self,
        position: Position,
        entry: EntryKey,
    ) -> Option<Arc<Record>> {
        self.looked += 1;
        match &remembered(&self.entries, (position, entry))?.content {
            Content::Kept(record, _) => Some(Arc::clone(record)),
            Content::Lost(..) | Content::Gone => None,
        }
    }

    /// What comes at or after `from` in these lanes. Losses up to `forgiven` do not count.
    pub(in crate::state) fn next(
        &mut self,
        lanes: &[LaneKey],
        from: Position,
        forgiven: Losses,
    ) -> Found {
        if let Some(newest) = self.forgotten(lanes, from, forgiven) {
            return Found::Forgotten(newest);
        }
        let (mut from, mut looked) = (from, 0);
        let mut lost: Option<(Lost, &Lanes)> = None;
        while let Some((position, entry)) = self.first(lanes, from, &mut looked) {
            from = position.next();
            match (&entry.content, &mut lost) {
                (Content::Gone, _) => {}
                (Content::Lost(number, _), _) if *number <= forgiven => {}
                (Content::Kept(record, _), None) => {
                    let record = Arc::clone(record);
                    self.looked += looked;
                    return Found::Record(record, position);
                }
                (Content::Lost(..), None) => {
                    let first = Lost {
                        count: 1,
                        audience: entry.audience.clone(),
                        topics: self.names(&entry.lanes, lanes),
                        to: from,
                    };
                    lost = Some((first, &entry.lanes));
                }
                (Content::Lost(..), Some((lost, of)))
                    if entry.audience == lost.audience && entry.lanes == **of =>
                {
                    lost.count += 1;
                    lost.to = from;
                }
                (Content::Kept(..) | Content::Lost(..), Some(_)) => break,
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
        if lanes.len() > FEW_LANES {
            match self.first_nearby(lanes, from, looked) {
                Ok(found) => return found,
                Err(further) => from = further,
            }
        }
        loop {
            let heads = lanes.iter().filter_map(|key| {
                let lane = &self.lanes[key.0];
                lane.at(lane.seek(from, looked))
            });
            let (position, key) = heads.min_by_key(|(position, _)| *position)?;
            if let Some(entry) = remembered(&self.entries, (position, key)) {
                return Some((position, entry));
            }
            from = position.next();
        }
    }

    /// The same, but looks only at as many of the entries that follow as there are lanes. A filter
    /// that lets most of them through finds its next one so without a look at each of its lanes. If
    /// none of them is in these lanes, returns the place after them.
    fn first_nearby(
        &self,
        lanes: &[LaneKey],
        from: Position,
        looked: &mut u64,
    ) -> Result<Option<(Position, &Entry)>, Position> {
        let everything = &self.lanes[EVERYTHING.0];
        let start = everything.seek(from, looked);
        let mut from = from;
        for index in start..start + lanes.len() {
            let Some((position, key)) = everything.at(index) else {
                return Ok(None);
            };
            *looked += 1;
            let entry = remembered(&self.entries, (position, key));
            let mut of = entry.iter().flat_map(|entry| entry.lanes.keys());
            if of.any(|lane| lanes.binary_search(lane).is_ok()) {
                return Ok(entry.map(|entry| (position, entry)));
            }
            from = position.next();
        }
        Err(from)
    }

    /// The losses at or after `from` that are no longer remembered.
    fn forgotten(&self, lanes: &[LaneKey], from: Position, forgiven: Losses) -> Option<Forgotten> {
        let of = |lane: &LaneKey| self.lanes[lane.0].losses.after(from, forgiven);
        // This lane has what all have, so most subscribers look no further.
        of(&EVERYTHING)?;
        lanes.iter().filter_map(of).reduce(Forgotten::and)
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
    pub(in crate::state) fn tally(&self, lanes: &[LaneKey], from: Position) -> Tally {
        let mut tally = Tally {
            forgotten: self.forgotten(lanes, from, Losses::default()).is_some(),
            ..Tally::default()
        };
        for (_, entry) in Walk::new(self, lanes, from) {
            let (kept, lost) = match entry.content {
                Content::Kept(ref record, _) => (u64::from(record.is_event()), 0),
                Content::Lost(..) => (0, 1),
                Content::Gone => continue,
            };
            let counts = tally.of.entry(entry.audience.clone()).or_default();
            counts.kept += kept;
            counts.lost += lost;
        }
        tally
    }

    /// The events in these lanes at these places, whether they are kept or were lost. Losses up to
    /// `forgiven` do not count.
    pub(in crate::state) fn skipped(
        &self,
        lanes: &[LaneKey],
        places: Range<Position>,
        forgiven: Losses,
    ) -> Skipped {
        let mut skipped = Skipped {
            forgotten: self.forgotten(lanes, places.start, forgiven).is_some(),
            ..Skipped::default()
        };
        let walk = Walk::new(self, lanes, places.start);
        for (_, entry) in walk.take_while(|(position, _)| *position < places.end) {
            let counts = match &entry.content {
                Content::Kept(record, _) => record.is_event(),
                Content::Lost(number, _) => *number > forgiven,
                Content::Gone => false,
            };
            if counts {
                let (count, topics) = skipped.of.entry(entry.audience.clone()).or_default();
                *count += 1;
                if topics.len() < TOPICS {
                    let mut names = self.names(&entry.lanes, lanes);
                    names.retain(|name| !topics.contains(name));
                    topics.append(&mut names);
                }
            }
        }
        skipped
    }

    /// Whether anything in these lanes was lost at or after this place, for anyone.
    pub(in crate::state) fn lost_after(&self, lanes: &[LaneKey], from: Position) -> bool {
        let mut walk = Walk::new(self, lanes, from);
        self.forgotten(lanes, from, Losses::default()).is_some()
            || walk.any(|(_, entry)| matches!(entry.content, Content::Lost(..)))
    }

    /// The place of the oldest record that is kept in these lanes, or the end.
    pub(in crate::state) fn oldest(&self, lanes: &[LaneKey]) -> Position {
        let mut walk = Walk::new(self, lanes, Position::default());
        let kept = walk.find(|(_, entry)| matches!(entry.content, Content::Kept(..)));
        kept.map_or(self.end, |(position, _)| position)
    }

    /// The place after the newest loss of any topic.
    pub(in crate::state) fn whole_from(&self) -> Position {
        let everything = &self.lanes[EVERYTHING.0];
        let entries = everything.newest_first();
        let mut lost = entries.filter(|entry| {
            let entry = remembered(&self.entries, *entry);
            entry.is_some_and(|entry| matches!(entry.content, Content::Lost(..)))
        });
        let lost = lost.next().map(|(position, _)| position.next());
        lost.unwrap_or_default().max(everything.losses.all().to)
    }

    /// The place after the newest record with this ID, if it is known.
    pub(in crate::state) fn after(&self, id: &EventId) -> Option<Position> {
        self.ids.after(id)
    }

    /// The records after this place, if none of them was lost: about this many, up to one with an
    /// ID, by which the next page can be asked for.
    pub(in crate::state) fn page(&self, from: Position, about: usize) -> Option<Vec<Arc<Record>>> {
        if self.lost_after(&[EVERYTHING], from) {
            return None;
        }
        let walk = Walk::new(self, &[EVERYTHING], from);
        let records = walk.filter_map(|(_, entry)| match &entry.content {
            Content::Kept(record, _) => Some(Arc::clone(record)),
            Content::Lost(..) | Content::Gone => None,
        });
        let (mut page, mut up_to_an_id) = (Vec::new(), 0);
        for record in records {
            let has_id = record.id().is_some();
            page.push(record);
            if has_id {
                up_to_an_id = page.len();
            }
            if up_to_an_id >= about {
                break;
            }
        }
        page.truncate(up_to_an_id);
        Some(page)
    }
}

/// The remembered entries of some lanes in one order, each once.
struct Walk<'h> {
    history: &'h History,
    /// Where the walk is in each lane.
    at: Vec<(&'h Lane, usize)>,
    /// The first entry of each, and which lane that is.
    heads: BinaryHeap<Reverse<(Position, usize)>>,
    last: Option<Position>,
}

impl<'h> Walk<'h> {
    fn new(history: &'h History, lanes: &[LaneKey], from: Position) -> Self {
        let lanes = lanes.iter().map(|key| &history.lanes[key.0]);
        let at: Vec<_> = lanes.map(|lane| (lane, lane.seek(from, &mut 0))).collect();
        let heads = at.iter().enumerate().filter_map(|(which, (lane, index))| {
            let (position, _) = lane.at(*index)?;
            Some(Reverse((position, which)))
        });
        Self {
            history,
            heads: heads.collect(),
            at,
            last: None,
        }
    }

    /// The first entry of all lanes. An entry of several lanes comes several times.
    fn pop(&mut self) -> Option<(Position, EntryKey)> {
        let mut head = self.heads.peek_mut()?;
        let Reverse((_, which)) = *head;
        let (lane, index) = &mut self.at[which];
        let entry = lane.at(*index);
        *index += 1;
        match lane.at(*index) {
            Some((position, _)) => *head = Reverse((position, which)),
            None => drop(PeekMut::pop(head)),
        }
        entry
    }
}

impl<'h> Iterator for Walk<'h> {
    type Item = (Position, &'h Entry);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (position, key) = self.pop()?;
            if self.last.replace(position) == Some(position) {
                continue;
            }
            if let Some(entry) = remembered(&self.history.entries, (position, key)) {
                return Some((position, entry));
            }
        }
    }
}
