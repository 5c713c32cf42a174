//! `Topic` and `Topics`: where a record goes, and what a subscriber wants.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use esse_encoder::EventType;

/// A name under which records are published and subscribed to. It is never sent.
///
/// By default the topic of a record is its event type (see
/// [`Record::with_topics`](crate::Record::with_topics)).
///
/// ```
/// use esse_encoder::EventType;
/// use esse_server::Topic;
///
/// assert_eq!(Topic::from("user 17").as_str(), "user 17");
/// assert_eq!(Topic::from(EventType::from_static("")), Topic::from("message"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// The type of an event that does not set one (9.2.6, dispatch).
const MESSAGE: &str = "message";

impl Topic {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Topic {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Topic {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

/// The topic of events of this type that name no other. An empty type means the same as none.
impl From<&EventType> for Topic {
    fn from(event_type: &EventType) -> Self {
        match event_type.as_str() {
            "" => Self(MESSAGE.into()),
            name => Self(name.into()),
        }
    }
}

impl From<EventType> for Topic {
    fn from(event_type: EventType) -> Self {
        Self::from(&event_type)
    }
}

impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The topics that a subscriber wants: all of them, or a set.
///
/// An event without a type has the type `message`, as in the standard. Blocks that dispatch no
/// event, such as one that only sets the reconnection time, go to every subscriber.
///
/// ```
/// use esse_encoder::EventType;
/// use esse_server::Topics;
///
/// const HEAD: EventType = EventType::from_static("head");
///
/// let topics = Topics::of([HEAD]);
/// assert_eq!(topics, Topics::of(["head", "head"]));
/// assert!(topics.contains("head"));
/// assert!(!topics.contains("attestation"));
/// assert!(Topics::ALL.contains("attestation"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topics(Option<Arc<[Topic]>>);

impl Topics {
    /// Every topic.
    pub const ALL: Self = Self(None);

    /// These topics. Their order does not matter, and one may come twice.
    ///
    /// The number of topics is a cost that the subscriber's client may choose, so use
    /// [`parse`](Self::parse) for names that come from a request.
    pub fn of<T: Into<Topic>>(topics: impl IntoIterator<Item = T>) -> Self {
        let mut named: Vec<_> = topics.into_iter().map(Into::into).collect();
        named.sort_unstable();
        named.dedup();
        Self(Some(named.into()))
    }

    /// The topics of a list such as `head,block`, as it comes from the query of a request. Each must
    /// be one of `allowed`. Blanks around a name are ignored.
    ///
    /// # Errors
    /// [`UnknownTopic`] if one is not, or if the list is empty.
    ///
    /// ```
    /// use esse_server::{Topics, UnknownTopic};
    ///
    /// let allowed = ["head", "block"];
    /// assert_eq!(Topics::parse("block,head", &allowed)?, Topics::of(allowed));
    /// let error = Topics::parse("head,blob", &allowed).unwrap_err();
    /// assert_eq!(error.to_string(), "unknown topic \"blob\": use one or more of head, block");
    /// # Ok::<(), UnknownTopic>(())
    /// ```
    pub fn parse(list: &str, allowed: &[&str]) -> Result<Self, UnknownTopic> {
        let names = list.split(',').map(str::trim);
        let unknown = names.clone().find(|name| !allowed.contains(name));
        match unknown {
            None => Ok(Self::of(names)),
            Some(unknown) => Err(UnknownTopic {
                topic: unknown.chars().take(64).collect(),
                allowed: allowed.join(", "),
            }),
        }
    }

    /// No topic: only blocks that go to every subscriber.
    pub(crate) fn none() -> Self {
        Self(Some(Arc::default()))
    }

    /// Whether records of this topic belong to these topics.
    pub fn contains(&self, topic: &str) -> bool {
        match &self.0 {
            None => true,
            Some(named) => named.iter().any(|name| name.as_str() == topic),
        }
    }

    /// The topics, or `None` for all.
    pub(crate) fn named(&self) -> Option<&[Topic]> {
        self.0.as_deref()
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self::ALL
    }
}

/// A list names a topic that is not allowed, from [`Topics::parse`]. Answer with status 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTopic {
    /// At most 64 characters of it.
    topic: String,
    allowed: String,
}

impl fmt::Display for UnknownTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, allowed } = self;
        match topic.as_str() {
            "" => write!(f, "no topic: use one or more of {allowed}"),
            topic => write!(f, "unknown topic {topic:?}: use one or more of {allowed}"),
        }
    }
}

impl std::error::Error for UnknownTopic {}
