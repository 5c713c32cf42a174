//! Which subscribers want which topics. Publishing looks only at the subscribers that want the
//! record, and a subscriber of a rare topic does not fall behind because others are busy.

use std::collections::HashMap;

use esse_encoder::EventType;
use slab::Slab;

use super::keys::{FilterKey, Position, SubscriberKey, TopicKey, WaitingPlace};
use crate::topics::Topics;

/// The filters of the subscribers, each stored once, and the topics that filters or kept records
/// name.
#[derive(Debug, Default)]
pub(super) struct Interest {
    filters: Slab<Filter>,
    filter_of: HashMap<Topics, FilterKey>,
    topics: Slab<Topic>,
    topic_of: HashMap<EventType, TopicKey>,
    /// The filter that wants everything, if a subscriber has it.
    everything: Option<FilterKey>,
    /// The position after the newest evicted event, of any topic.
    lost_to: Position,
}

#[derive(Debug)]
struct Filter {
    topics: Topics,
    /// `None` for everything.
    wants: Option<Box<[TopicKey]>>,
    members: usize,
    /// The subscribers that wait for a record, in no particular order.
    waiting: Vec<SubscriberKey>,
}

#[derive(Debug)]
struct Topic {
    name: EventType,
    filters: Vec<FilterKey>,
    /// How many kept records are of this topic.
    kept: usize,
    /// The position after the newest evicted one.
    lost_to: Position,
}

impl Interest {
    /// Registers a subscriber with this filter.
    pub(super) fn join(&mut self, topics: &Topics) -> FilterKey {
        let known = self.filter_of.get(topics).copied();
        let key = known.unwrap_or_else(|| self.add_filter(topics));
        self.filters[key.0].members += 1;
        key
    }

    fn add_filter(&mut self, topics: &Topics) -> FilterKey {
        let named = topics.named();
        let wants: Option<Box<[_]>> =
            named.map(|named| named.iter().map(|name| self.topic(name)).collect());
        let key = FilterKey(self.filters.insert(Filter {
            topics: topics.clone(),
            wants: wants.clone(),
            members: 0,
            waiting: Vec::new(),
        }));
        for topic in wants.iter().flatten() {
            self.topics[topic.0].filters.push(key);
        }
        if wants.is_none() {
            self.everything = Some(key);
        }
        self.filter_of.insert(topics.clone(), key);
        key
    }

    /// Removes a subscriber with this filter.
    pub(super) fn leave(&mut self, key: FilterKey) {
        let filter = &mut self.filters[key.0];
        filter.members -= 1;
        if filter.members > 0 {
            return;
        }
        let filter = self.filters.remove(key.0);
        self.filter_of.remove(&filter.topics);
        if filter.wants.is_none() {
            self.everything = None;
        }
        for topic in filter.wants.iter().flatten().copied() {
            self.topics[topic.0].filters.retain(|other| *other != key);
            self.tidy(topic);
        }
    }

    /// Counts one more kept record of this type.
    pub(super) fn keep(&mut self, event_type: &EventType) -> TopicKey {
        let key = self.topic(event_type);
        self.topics[key.0].kept += 1;
        key
    }

    /// A record of this topic was evicted; `to` is the position after it.
    pub(super) fn lose(&mut self, topic: TopicKey, to: Position) {
        self.topics[topic.0].kept -= 1;
        self.topics[topic.0].lost_to = to;
        self.lost_to = to;
        self.tidy(topic);
    }

    /// Records of unknown topics never came here; `to` is the position after them.
    pub(super) fn lose_unseen(&mut self, to: Position) {
        self.lost_to = to;
        for (_, topic) in &mut self.topics {
            topic.lost_to = to;
        }
    }

    fn topic(&mut self, name: &EventType) -> TopicKey {
        if let Some(key) = self.topic_of.get(name) {
            return *key;
        }
        let key = TopicKey(self.topics.insert(Topic {
            name: name.clone(),
            filters: Vec::new(),
            kept: 0,
            lost_to: Position::default(),
        }));
        self.topic_of.insert(name.clone(), key);
        key
    }

    /// Forgets the topic if no filter and no kept record names it.
    fn tidy(&mut self, key: TopicKey) {
        let topic = &self.topics[key.0];
        if topic.kept == 0 && topic.filters.is_empty() {
            let topic = self.topics.remove(key.0);
            self.topic_of.remove(&topic.name);
        }
    }

    /// Whether the filter lets records of this topic through.
    pub(super) fn wants(&self, filter: FilterKey, topic: Option<TopicKey>) -> bool {
        match (&self.filters[filter.0].wants, topic) {
            (None, _) | (_, None) => true,
            (Some(wants), Some(topic)) => wants.contains(&topic),
        }
    }

    /// Whether an event that the filter lets through was evicted at or after `from`.
    pub(super) fn lost(&self, filter: FilterKey, from: Position) -> bool {
        match &self.filters[filter.0].wants {
            None => self.lost_to > from,
            Some(wants) => wants
                .iter()
                .any(|topic| self.topics[topic.0].lost_to > from),
        }
    }

    /// Adds the subscriber to those that wait. The place is for [`forget`](Self::forget).
    pub(super) fn wait(&mut self, filter: FilterKey, subscriber: SubscriberKey) -> WaitingPlace {
        let waiting = &mut self.filters[filter.0].waiting;
        waiting.push(subscriber);
        WaitingPlace(waiting.len() - 1)
    }

    /// The subscriber at this place no longer waits. Returns the one that takes over its place.
    pub(super) fn forget(
        &mut self,
        filter: FilterKey,
        place: WaitingPlace,
    ) -> Option<SubscriberKey> {
        let waiting = &mut self.filters[filter.0].waiting;
        waiting.swap_remove(place.0);
        waiting.get(place.0).copied()
    }

    /// Removes the subscribers that wait for a record of this topic, and calls `wake` with each.
    pub(super) fn wake(&mut self, topic: Option<TopicKey>, mut wake: impl FnMut(SubscriberKey)) {
        let mut wake_filter = |filter: &mut Filter| filter.waiting.drain(..).for_each(&mut wake);
        let Some(topic) = topic else {
            return self
                .filters
                .iter_mut()
                .for_each(|(_, filter)| wake_filter(filter));
        };
        for key in self.topics[topic.0].filters.iter().chain(&self.everything) {
            wake_filter(&mut self.filters[key.0]);
        }
    }
}
