//! Which subscribers want which topics. Publishing looks only at the subscribers that want the
//! record.

use std::collections::{HashMap, VecDeque};

use slab::Slab;

use super::history::{FEW_LANES, History};
use super::keys::{EntryKey, FilterKey, LaneKey, Position, SubscriberKey};
use super::list::{List, Place};
use crate::topics::Topics;

/// The filters of the subscribers, each stored once.
#[derive(Debug, Default)]
pub(super) struct Interest {
    filters: Slab<Filter>,
    filter_of: HashMap<Topics, FilterKey>,
    /// The filters with this lane, and which of its lanes it is to each.
    of_lane: HashMap<LaneKey, List<(FilterKey, usize)>>,
}

#[derive(Debug)]
struct Filter {
    topics: Topics,
    lanes: Box<[LaneKey]>,
    /// Its places in `of_lane`.
    places: Box<[Place]>,
    members: usize,
    /// Of a filter with many lanes.
    newest: Option<Newest>,
    /// The subscribers that wait for a record.
    waiting: List<SubscriberKey>,
}

/// This many records are remembered.
const RECENT: usize = 32;

/// The newest records for a filter with many lanes. A subscriber that keeps up finds them without a
/// look at each of its lanes, or at entries of topics that it did not ask for.
///
/// A subscriber of 4,000 topics looks at one entry for each of its records. Without this it would
/// look at 4 if nothing else is published, at 20 if there are ten records of other topics for each of
/// its own, and at 8,000 if there are 10,000: half of them are entries of these others.
#[derive(Debug)]
struct Newest {
    records: VecDeque<(Position, EntryKey)>,
    /// All are known from this place on.
    since: Position,
}

/// Where a subscriber has to look for what is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Nowhere,
    /// The first entry is this one, at this place.
    At(Position, EntryKey),
    Everywhere,
}

impl Newest {
    fn new(since: Position) -> Self {
        Self {
            records: VecDeque::new(),
            since,
        }
    }

    /// A record of several topics comes several times.
    fn add(&mut self, position: Position, entry: EntryKey) {
        if self
            .records
            .back()
            .is_some_and(|(newest, _)| *newest == position)
        {
            return;
        }
        if self.records.len() == RECENT {
            if let Some((forgotten, _)) = self.records.pop_front() {
                self.since = self.since.max(forgotten.next());
            }
        }
        self.records.push_back((position, entry));
    }

    fn look(&self, from: Position) -> Look {
        if from < self.since {
            return Look::Everywhere;
        }
        let next = self
            .records
            .partition_point(|(position, _)| *position < from);
        match self.records.get(next) {
            Some((position, entry)) => Look::At(*position, *entry),
            None => Look::Nowhere,
        }
    }
}

impl Interest {
    /// Registers a subscriber with this filter.
    pub(super) fn join(&mut self, topics: &Topics, history: &mut History) -> FilterKey {
        let known = self.filter_of.get(topics).copied();
        let key = known.unwrap_or_else(|| self.add_filter(topics, history));
        self.filters[key.0].members += 1;
        key
    }

    fn add_filter(&mut self, topics: &Topics, history: &mut History) -> FilterKey {
        let lanes = history.join(topics.named());
        let key = FilterKey(self.filters.vacant_key());
        let places = lanes.iter().enumerate().map(|(index, lane)| {
            let filters = self.of_lane.entry(*lane).or_default();
            filters.push((key, index))
        });
        let places = places.collect();
        let has_many = lanes.len() > FEW_LANES;
        let newest = has_many.then(|| Newest::new(history.end()));
        self.filters.insert(Filter {
            topics: topics.clone(),
            lanes,
            places,
            members: 0,
            newest,
            waiting: List::default(),
        });
        self.filter_of.insert(topics.clone(), key);
        key
    }

    /// Removes a subscriber with this filter.
    pub(super) fn leave(&mut self, key: FilterKey, history: &mut History) {
        let filter = &mut self.filters[key.0];
        filter.members -= 1;
        if filter.members > 0 {
            return;
        }
        let filter = self.filters.remove(key.0);
        self.filter_of.remove(&filter.topics);
        for (lane, place) in filter.lanes.iter().zip(&filter.places) {
            self.remove_from_lane(*lane, *place);
        }
        history.leave(&filter.lanes);
    }

    /// The last filter of the lane takes the place.
    fn remove_from_lane(&mut self, lane: LaneKey, place: Place) {
        let Some(filters) = self.of_lane.get_mut(&lane) else {
            return;
        };
        if let Some((moved, index)) = filters.remove(place) {
            self.filters[moved.0].places[*index] = place;
        }
        if filters.is_empty() {
            self.of_lane.remove(&lane);
        }
    }

    pub(super) fn lanes(&self, key: FilterKey) -> &[LaneKey] {
        &self.filters[key.0].lanes
    }

    pub(super) fn topics(&self, key: FilterKey) -> &Topics {
        &self.filters[key.0].topics
    }

    /// Adds the subscriber to those that wait. The place is for [`forget`](Self::forget).
    pub(super) fn wait(&mut self, filter: FilterKey, subscriber: SubscriberKey) -> Place {
        self.filters[filter.0].waiting.push(subscriber)
    }

    /// The subscriber at this place no longer waits. Returns the one that takes over its place.
    pub(super) fn forget(&mut self, filter: FilterKey, place: Place) -> Option<SubscriberKey> {
        self.filters[filter.0].waiting.remove(place).copied()
    }

    /// A record was published in these lanes, at this place. Removes the subscribers that wait for it,
    /// and calls `wake` with each.
    pub(super) fn published(
        &mut self,
        lanes: impl Iterator<Item = LaneKey>,
        (position, entry): (Position, EntryKey),
        mut wake: impl FnMut(SubscriberKey),
    ) {
        for lane in lanes {
            for (key, _) in self.of_lane.get(&lane).into_iter().flat_map(List::iter) {
                let filter = &mut self.filters[key.0];
                if let Some(newest) = &mut filter.newest {
                    newest.add(position, entry);
                }
                filter.waiting.drain().for_each(&mut wake);
            }
        }
    }

    /// Records are missing before this place.
    pub(super) fn skipped(&mut self, to: Position) {
        for (_, filter) in &mut self.filters {
            filter.newest = filter.newest.take().map(|_| Newest::new(to));
        }
    }

    /// Where a subscriber at this place has to look.
    pub(super) fn look(&self, filter: FilterKey, from: Position) -> Look {
        let newest = self.filters[filter.0].newest.as_ref();
        newest.map_or(Look::Everywhere, |newest| newest.look(from))
    }

    /// Removes all that wait.
    pub(super) fn wake_all(&mut self, mut wake: impl FnMut(SubscriberKey)) {
        for (_, filter) in &mut self.filters {
            filter.waiting.drain().for_each(&mut wake);
        }
    }
}
