//! `Topics`: which event types a subscriber wants.

use std::sync::Arc;

use esse_encoder::EventType;

/// The event types that a subscriber wants: all of them, or a set.
///
/// An event without a type has the type `message`, as in the standard. Blocks that dispatch no
/// event, such as one that only sets the reconnection time, go to every subscriber.
///
/// ```
/// use esse_encoder::EventType;
/// use esse_server::Topics;
///
/// let [head, block] = ["head", "block"].map(EventType::from_static);
/// let topics = Topics::of([head.clone(), block.clone()]);
/// assert_eq!(topics, Topics::of([block.clone(), head, block]));
/// assert!(topics.contains("head"));
/// assert!(!topics.contains("attestation"));
/// assert!(Topics::ALL.contains("attestation"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topics(Option<Arc<[EventType]>>);

/// The type of an event that does not set one (9.2.6, dispatch).
pub(crate) const MESSAGE: EventType = EventType::from_static("message");

impl Topics {
    /// Every event.
    pub const ALL: Self = Self(None);

    /// The events of these types. Their order does not matter, and a type may come twice.
    pub fn of(event_types: impl IntoIterator<Item = EventType>) -> Self {
        let mut named: Vec<_> = event_types.into_iter().map(or_message).collect();
        named.sort_unstable();
        named.dedup();
        Self(Some(named.into()))
    }

    /// Whether events of this type belong to these topics.
    pub fn contains(&self, event_type: &str) -> bool {
        match &self.0 {
            None => true,
            Some(named) => named.iter().any(|name| name.as_str() == event_type),
        }
    }

    /// The types, or `None` for all.
    pub(crate) fn named(&self) -> Option<&[EventType]> {
        self.0.as_deref()
    }
}

/// An empty type means the same as none.
pub(crate) fn or_message(event_type: EventType) -> EventType {
    if event_type.as_str().is_empty() {
        return MESSAGE;
    }
    event_type
}

impl Default for Topics {
    fn default() -> Self {
        Self::ALL
    }
}
