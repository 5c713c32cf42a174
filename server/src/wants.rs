//! Whether anybody wants a topic, without the hub's lock.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::topics::Topics;

const BUCKETS: usize = 256;

/// How many subscribers want topics of each hash, and how many want everything.
#[derive(Debug)]
pub(crate) struct Wants {
    buckets: [AtomicUsize; BUCKETS],
    everything: AtomicUsize,
    hasher: RandomState,
}

impl Default for Wants {
    fn default() -> Self {
        Self {
            buckets: [const { AtomicUsize::new(0) }; BUCKETS],
            everything: AtomicUsize::new(0),
            hasher: RandomState::new(),
        }
    }
}

impl Wants {
    /// Whether a subscriber may want the topic. Some topics share a bucket, so the answer may be
    /// yes although nobody does.
    pub(crate) fn wants(&self, topic: &str) -> bool {
        let counts = [&self.everything, self.bucket(topic)];
        counts.iter().any(|count| count.load(Ordering::Relaxed) > 0)
    }

    pub(crate) fn join(&self, topics: &Topics) {
        self.each(topics, |count| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    }

    pub(crate) fn leave(&self, topics: &Topics) {
        self.each(topics, |count| {
            count.fetch_sub(1, Ordering::Relaxed);
        });
    }

    fn each(&self, topics: &Topics, change: impl Fn(&AtomicUsize)) {
        match topics.named() {
            None => change(&self.everything),
            Some(named) => named
                .iter()
                .for_each(|topic| change(self.bucket(topic.as_str()))),
        }
    }

    fn bucket(&self, topic: &str) -> &AtomicUsize {
        let hash = self.hasher.hash_one(topic);
        &self.buckets[usize::try_from(hash % BUCKETS as u64).unwrap_or(0)]
    }
}
