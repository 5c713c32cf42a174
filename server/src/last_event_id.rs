//! What the request says about resuming: the `Last-Event-ID` header (9.2.4).

use std::{fmt, str};

use esse_encoder::{EventId, InvalidField};
use http::{HeaderMap, HeaderName};

/// `Last-Event-ID`, the header with which a client resumes (9.2.4).
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How many bytes a last event ID may have by default.
const LIMIT: usize = 4096;

/// The request's `Last-Event-ID`, of at most 4096 bytes. `None` if there is none or it is empty,
/// which means the same.
///
/// # Errors
/// [`InvalidLastEventId`] if the header cannot be an event ID. No conforming client sends one like
/// that.
///
/// ```
/// use esse_server::last_event_id;
/// use esse_server::last_event_id::InvalidLastEventId;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(last_event_id(&headers)?, None);
/// headers.insert("last-event-id", HeaderValue::from_bytes("día 7".as_bytes()).unwrap());
/// assert_eq!(last_event_id(&headers)?.unwrap().as_str(), "día 7");
/// # Ok::<(), InvalidLastEventId>(())
/// ```
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<EventId>, InvalidLastEventId> {
    last_event_id_within(headers, LIMIT)
}

/// Like [`last_event_id`](last_event_id()), with another limit, in bytes.
///
/// # Errors
/// [`InvalidLastEventId`] if the header cannot be an event ID, or is longer.
pub fn last_event_id_within(
    headers: &HeaderMap,
    limit: usize,
) -> Result<Option<EventId>, InvalidLastEventId> {
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(InvalidLastEventId::Several);
    }
    if value.len() > limit {
        let length = value.len();
        return Err(InvalidLastEventId::TooLong { limit, length });
    }
    let text = str::from_utf8(value.as_bytes()).map_err(|error| InvalidLastEventId::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(InvalidLastEventId::NotAnId)
}

/// What is wrong with a request's `Last-Event-ID`. Answer with status 400.
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
