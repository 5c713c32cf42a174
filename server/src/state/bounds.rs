//! How much history a hub keeps.

use std::collections::HashMap;
use std::time::Duration;

use crate::topics::Topic;

/// How much of one topic to keep, for replay and for slow subscribers. What exceeds one of the
/// bounds is evicted, the oldest record first. A record of several topics is evicted when none of
/// them holds it any more. The newest record of all always stays.
///
/// ```
/// use std::time::Duration;
///
/// use esse_server::{Hub, Keep};
///
/// let hub = Hub::builder()
///     .keep_topic("finalized_checkpoint", Keep::events(100))
///     .keep_topic("head", Keep::events(1000).age(Duration::from_secs(3600)))
///     .build();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Keep {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) age: Option<Duration>,
}

impl Keep {
    /// At most this many records.
    pub const fn events(events: usize) -> Self {
        Self {
            events,
            bytes: usize::MAX,
            age: None,
        }
    }

    /// At most this many bytes, where each record counts for its encoded frame and 192 bytes, and
    /// for each of its topics 64 bytes and the name.
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// None that were published longer ago. They go when something is published under the topic,
    /// when a client comes back, and while [`Hub::keep_alive`](crate::Hub::keep_alive) runs. The
    /// newest record of all stays.
    pub const fn age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Of all records together.
    pub(crate) bytes: usize,
    /// Of each topic that is not in `of_topic`.
    pub(crate) each: Keep,
    pub(crate) of_topic: HashMap<Topic, Keep>,
    /// How many evicted records are remembered.
    pub(crate) remembered: usize,
}
