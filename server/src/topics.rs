//! `Topics`: which event types a subscriber wants.

use std::sync::Arc;

use esse_encoder::EventType;

/// The event types that a subscriber wants: all of them, or those it names.
///
/// An event without a type is of the type `message`, as its receivers see it. Blocks that dispatch
/// no event, such as one that only sets the reconnection time, go to every subscriber.
///
/// Cloning is free, and subscribers that want the same share what the hub keeps about it.
///
/// ```
/// use esse_encoder::EventType;
/// use esse_server::Topics;
///
/// let topics = Topics::of([EventType::from_static("head"), EventType::from_static("block")]);
/// assert!(topics.contains("head"));
/// assert!(!topics.contains("attestation"));
/// assert!(Topics::ALL.contains("attestation"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topics(Option<Arc<[EventType]>>);

/// The type of an event that names none (9.2.6, dispatch).
pub(crate) const MESSAGE: EventType = EventType::from_static("message");

impl Topics {
    /// Every event.
    ///
    /// ```
    /// assert!(esse_server::Topics::ALL.contains("anything"));
    /// ```
    pub const ALL: Self = Self(None);

    /// The events of these types. In any order; one that is named twice counts once.
    ///
    /// ```
    /// use esse_encoder::EventType;
    /// use esse_server::Topics;
    ///
    /// let (a, b) = (EventType::from_static("a"), EventType::from_static("b"));
    /// assert_eq!(Topics::of([a.clone(), b.clone()]), Topics::of([b.clone(), a, b]));
    /// ```
    pub fn of(event_types: impl IntoIterator<Item = EventType>) -> Self {
        let mut named: Vec<_> = event_types.into_iter().map(or_message).collect();
        named.sort_unstable();
        named.dedup();
        Self(Some(named.into()))
    }

    /// Whether events of this type are among them.
    ///
    /// ```
    /// use esse_server::Topics;
    ///
    /// assert!(!Topics::of([]).contains("head"));
    /// ```
    pub fn contains(&self, event_type: &str) -> bool {
        match &self.0 {
            None => true,
            Some(named) => named.iter().any(|name| name.as_str() == event_type),
        }
    }

    /// The types that are named; `None` for all.
    pub(crate) fn named(&self) -> Option<&[EventType]> {
        self.0.as_deref()
    }
}

/// The empty type counts as absent.
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
