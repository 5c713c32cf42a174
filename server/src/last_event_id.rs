//! What the request says about resuming: the `Last-Event-ID` header (9.2.4), or the query.

use std::{fmt, str};

use esse_encoder::{EventId, InvalidField};
use http::{HeaderMap, HeaderName};

use crate::publish_error::ID_LIMIT;

/// `Last-Event-ID`, the header with which a client resumes (9.2.4).
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The names under which polyfills, and pages that open their first connection, send an ID in the
/// query.
const IN_QUERY: [&str; 2] = ["lastEventId", "last_event_id"];

/// After which event a client resumes, as its request says.
///
/// An ID that cannot be one is not an error: to an `EventSource`, any status but 200 is the end. A
/// subscriber with such an ID has a [gap](crate::GapCause::UnknownId), like one with an unknown ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LastEventId {
    /// None, or an empty one, which means the same. The client gets what is published from now on.
    #[default]
    None,
    /// This one.
    Id(EventId),
    /// One that no event can have.
    Invalid(InvalidLastEventId),
}

/// The request's `Last-Event-ID`, of at most 4096 bytes.
///
/// ```
/// use esse_encoder::EventId;
/// use esse_server::last_event_id;
/// use esse_server::last_event_id::LastEventId;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(last_event_id(&headers), LastEventId::None);
/// headers.insert("last-event-id", HeaderValue::from_bytes("día 7".as_bytes())?);
/// assert_eq!(last_event_id(&headers), LastEventId::Id(EventId::new("día 7")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn last_event_id(headers: &HeaderMap) -> LastEventId {
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = values.next() else {
        return LastEventId::None;
    };
    if values.next().is_some() {
        return LastEventId::Invalid(InvalidLastEventId::Several);
    }
    LastEventId::read(value.as_bytes())
}

impl LastEventId {
    /// This one, or else the one in the query, under the name `lastEventId` or `last_event_id`. A
    /// browser cannot set a header on the first connection of an `EventSource`, so a page that knows
    /// where it stopped puts the ID into the URL.
    ///
    /// ```
    /// use esse_encoder::EventId;
    /// use esse_server::last_event_id;
    /// use esse_server::last_event_id::LastEventId;
    ///
    /// let request = http::Request::get("/events?lastEventId=d%C3%ADa+7").body(())?;
    /// let id = last_event_id(request.headers()).or_query(request.uri().query());
    /// assert_eq!(id, LastEventId::Id(EventId::new("día 7")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn or_query(self, query: Option<&str>) -> Self {
        if self != Self::None {
            return self;
        }
        let pairs = query.map(|query| form_urlencoded::parse(query.as_bytes()));
        let mut pairs = pairs.into_iter().flatten();
        let found = pairs.find(|(name, _)| IN_QUERY.contains(&&**name));
        found.map_or(Self::None, |(_, value)| Self::read(value.as_bytes()))
    }

    fn read(value: &[u8]) -> Self {
        match parse(value) {
            Ok(None) => Self::None,
            Ok(Some(id)) => Self::Id(id),
            Err(error) => Self::Invalid(error),
        }
    }
}

fn parse(value: &[u8]) -> Result<Option<EventId>, InvalidLastEventId> {
    let length = value.len();
    if length > ID_LIMIT {
        let limit = ID_LIMIT;
        return Err(InvalidLastEventId::TooLong { limit, length });
    }
    let text = str::from_utf8(value).map_err(|error| InvalidLastEventId::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(InvalidLastEventId::NotAnId)
}

impl From<Option<EventId>> for LastEventId {
    fn from(id: Option<EventId>) -> Self {
        id.map_or(Self::None, Self::from)
    }
}

/// An empty ID means the same as none.
impl From<EventId> for LastEventId {
    fn from(id: EventId) -> Self {
        match id.as_str() {
            "" => Self::None,
            _ => Self::Id(id),
        }
    }
}

/// What is wrong with a request's `Last-Event-ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidLastEventId {
    /// It has more bytes than are allowed.
    TooLong {
        /// How many bytes are allowed.
        limit: usize,
        /// How many bytes it has.
        length: usize,
    },
    /// It is not UTF-8.
    NotUtf8 {
        /// The offset of the first byte that is wrong.
        at: usize,
    },
    /// No event can have this text as its ID.
    NotAnId(InvalidField),
    /// The request has the header more than once.
    Several,
}

impl fmt::Display for InvalidLastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid Last-Event-ID: ")?;
        match self {
            Self::TooLong { limit, length } => {
                write!(f, "it has {length} bytes, and the limit is {limit}")
            }
            Self::NotUtf8 { at } => write!(f, "it is not UTF-8 at byte {at}"),
            Self::NotAnId(error) => write!(f, "it cannot be an event ID: {error}"),
            Self::Several => f.write_str("the request has more than one"),
        }
    }
}

impl std::error::Error for InvalidLastEventId {}
