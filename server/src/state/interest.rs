//! Who wants what: so that publishing looks at nobody whom the record does not concern, and a
//! subscriber to a rare topic is not taken for one that fell behind.

use std::collections::HashMap;

use esse_encoder::EventType;
use slab::Slab;

use super::ring::Position;
use crate::topics::Topics;

pub(crate) type TopicKey = usize;
pub(crate) type FilterKey = usize;

/// The filters that subscribers have, each kept once, and the topics that they or kept records
/// name.
#[derive(Debug, Default)]
pub(crate) struct Interest {
    filters: Slab<Filter>,
    filter_of: HashMap<Topics, FilterKey>,
    topics: Slab<Topic>,
    topic_of: HashMap<EventType, TopicKey>,
    /// The filter that wants everything, if anybody has it.
    everything: Option<FilterKey>,
    /// The position after the newest event that is not kept any more, of any topic.
    lost_to: Position,
}

#[derive(Debug)]
struct Filter {
    topics: Topics,
    /// `None`: everything.
    wants: Option<Box<[TopicKey]>>,
    members: usize,
    /// The subscribers that wait for a record, in no order.
    waiting: Vec<usize>,
}

#[derive(Debug)]
struct Topic {
    name: EventType,
    filters: Vec<FilterKey>,
    /// How many kept records are of this topic.
    kept: usize,
    /// The position after the newest one that is not kept any more.
    lost_to: Position,
}

impl Interest {
    /// A subscriber with this filter came.
    pub(crate) fn join(&mut self, topics: &Topics) -> FilterKey {
        let known = self.filter_of.get(topics).copied();
        let key = known.unwrap_or_else(|| self.add_filter(topics));
        self.filters[key].members += 1;
        key
    }

    fn add_filter(&mut self, topics: &Topics) -> FilterKey {
        let named = topics.named();
        let wants: Option<Box<[_]>> =
            named.map(|named| named.iter().map(|name| self.topic(name)).collect());
        let key = self.filters.insert(Filter {
            topics: topics.clone(),
            wants: wants.clone(),
            members: 0,
            waiting: Vec::new(),
        });
        for topic in wants.iter().flatten() {
            self.topics[*topic].filters.push(key);
        }
        if wants.is_none() {
            self.everything = Some(key);
        }
        self.filter_of.insert(topics.clone(), key);
        key
    }

    /// A subscriber with this filter left.
    pub(crate) fn leave(&mut self, key: FilterKey) {
        let filter = &mut self.filters[key];
        filter.members -= 1;
        if filter.members > 0 {
            return;
        }
        let filter = self.filters.remove(key);
        self.filter_of.remove(&filter.topics);
        if filter.wants.is_none() {
            self.everything = None;
        }
        for topic in filter.wants.iter().flatten().copied() {
            self.topics[topic].filters.retain(|other| *other != key);
            self.tidy(topic);
        }
    }

    /// A record of this type is kept from now on.
    pub(crate) fn keep(&mut self, event_type: &EventType) -> TopicKey {
        let key = self.topic(event_type);
        self.topics[key].kept += 1;
        key
    }

    /// A record of this topic is kept no more; `to` is the position after it.
    pub(crate) fn lose(&mut self, topic: TopicKey, to: Position) {
        self.topics[topic].kept -= 1;
        self.topics[topic].lost_to = to;
        self.lost_to = to;
        self.tidy(topic);
    }

    /// Records that nobody here has seen are missing, of whatever topic; `to` is the position after
    /// them.
    pub(crate) fn lose_unseen(&mut self, to: Position) {
        self.lost_to = to;
        for (_, topic) in &mut self.topics {
            topic.lost_to = to;
        }
    }

    fn topic(&mut self, name: &EventType) -> TopicKey {
        if let Some(key) = self.topic_of.get(name) {
            return *key;
        }
        let key = self.topics.insert(Topic {
            name: name.clone(),
            filters: Vec::new(),
            kept: 0,
            lost_to: 0,
        });
        self.topic_of.insert(name.clone(), key);
        key
    }

    /// Nothing is kept about a topic that nobody wants and of which nothing is kept.
    fn tidy(&mut self, key: TopicKey) {
        let topic = &self.topics[key];
        if topic.kept == 0 && topic.filters.is_empty() {
            let topic = self.topics.remove(key);
            self.topic_of.remove(&topic.name);
        }
    }

    /// Whether the filter lets records of this topic through.
    pub(crate) fn wants(&self, filter: FilterKey, topic: Option<TopicKey>) -> bool {
        match (&self.filters[filter].wants, topic) {
            (None, _) | (_, None) => true,
            (Some(wants), Some(topic)) => wants.contains(&topic),
        }
    }

    /// Whether an event that the filter lets through, at or after `from`, is kept no more.
    pub(crate) fn lost(&self, filter: FilterKey, from: Position) -> bool {
        match &self.filters[filter].wants {
            None => self.lost_to > from,
            Some(wants) => wants.iter().any(|topic| self.topics[*topic].lost_to > from),
        }
    }

    /// Has the subscriber wait; the place is for [`forget`](Self::forget).
    pub(crate) fn wait(&mut self, filter: FilterKey, subscriber: usize) -> usize {
        let waiting = &mut self.filters[filter].waiting;
        waiting.push(subscriber);
        waiting.len() - 1
    }

    /// The one at this place waits no more. Returns who stands there now, if anybody.
    pub(crate) fn forget(&mut self, filter: FilterKey, place: usize) -> Option<usize> {
        let waiting = &mut self.filters[filter].waiting;
        waiting.swap_remove(place);
        waiting.get(place).copied()
    }

    /// Calls `wake` with each subscriber that waits for a record of this topic: none waits then.
    pub(crate) fn wake(&mut self, topic: Option<TopicKey>, mut wake: impl FnMut(usize)) {
        let Self {
            filters,
            topics,
            everything,
            ..
        } = self;
        let mut wake_filter = |filter: &mut Filter| filter.waiting.drain(..).for_each(&mut wake);
        match topic {
            None => filters
                .iter_mut()
                .for_each(|(_, filter)| wake_filter(filter)),
            Some(topic) => {
                for key in topics[topic].filters.iter().chain(everything.iter()) {
                    wake_filter(&mut filters[*key]);
                }
            }
        }
    }
}
