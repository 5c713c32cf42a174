//! The response around the stream, and what the request says about resuming.

use std::{fmt, str};

use esse_encoder::{EventId, InvalidField};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// `text/event-stream`, the media type of the format (9.2.1).
///
/// ```
/// assert_eq!(esse_server::EVENT_STREAM, "text/event-stream");
/// ```
pub const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// `Last-Event-ID`, with which a receiver resumes (9.2.4).
///
/// ```
/// assert_eq!(esse_server::LAST_EVENT_ID, "last-event-id");
/// ```
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Has nginx, and proxies that do as it does, pass the stream on as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long a last event ID may be where nothing else is said, in bytes.
const LAST_EVENT_ID_LIMIT: usize = 4096;

/// A response of an event stream: status 200, `Content-Type: text/event-stream`,
/// `Cache-Control: no-store`, `X-Accel-Buffering: no`. It is an ordinary response: change or
/// remove what you like.
///
/// ```
/// use esse_server::{Hub, Sink, response};
/// use http::header::{CACHE_CONTROL, HeaderValue};
///
/// let mut response = response(Sink::new(Hub::new().subscribe().open()));
/// response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
/// ```
pub fn response<B>(body: B) -> Response<B> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENT_STREAM);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// The response that has a receiver stop: status 204. An `EventSource` then does not connect
/// again (9.2.3, "processing model").
///
/// ```
/// let response = esse_server::stop(http_body_util::Empty::<bytes::Bytes>::new());
/// assert_eq!(response.status(), 204);
/// ```
pub fn stop<B>(empty: B) -> Response<B> {
    let mut response = Response::new(empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The request's `Last-Event-ID`, of at most 4096 bytes. `None` where there is none, or an empty
/// one, which says the same.
///
/// # Errors
/// [`InvalidLastEventId`]: no receiver that keeps to the standard sends such a one.
///
/// ```
/// use esse_server::last_event_id;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(last_event_id(&headers)?, None);
/// headers.insert("last-event-id", HeaderValue::from_bytes("día 7".as_bytes()).unwrap());
/// assert_eq!(last_event_id(&headers)?.unwrap().as_str(), "día 7");
/// # Ok::<(), esse_server::InvalidLastEventId>(())
/// ```
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<EventId>, InvalidLastEventId> {
    last_event_id_within(LAST_EVENT_ID_LIMIT, headers)
}

/// The same with a limit of one's own, in bytes.
///
/// # Errors
/// Like [`last_event_id`].
///
/// ```
/// use esse_server::{InvalidLastEventId, last_event_id_within};
/// use http::{HeaderMap, HeaderValue};
///
/// let headers = HeaderMap::from_iter([(esse_server::LAST_EVENT_ID, HeaderValue::from_static("seven"))]);
/// assert_eq!(
///     last_event_id_within(4, &headers),
///     Err(InvalidLastEventId::TooLong { limit: 4, length: 5 }),
/// );
/// ```
pub fn last_event_id_within(
    limit: usize,
    headers: &HeaderMap,
) -> Result<Option<EventId>, InvalidLastEventId> {
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(InvalidLastEventId::Several);
    }
    parse(limit, value.as_bytes())
}

fn parse(limit: usize, value: &[u8]) -> Result<Option<EventId>, InvalidLastEventId> {
    if value.len() > limit {
        let length = value.len();
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

/// What is wrong with a request's `Last-Event-ID`. Answer it with status 400.
///
/// ```
/// use esse_server::InvalidLastEventId;
///
/// let error = InvalidLastEventId::TooLong { limit: 4096, length: 5000 };
/// assert_eq!(error.to_string(), "Last-Event-ID has 5000 bytes, and the limit is 4096");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidLastEventId {
    /// It has more bytes than are allowed.
    TooLong {
        /// How many are allowed.
        limit: usize,
        /// How many it has.
        length: usize,
    },
    /// It is not UTF-8, from this byte on.
    NotUtf8 {
        /// The offset of that byte.
        at: usize,
    },
    /// It is no text that an event can have as its ID.
    NotAnId(InvalidField),
    /// The request has several.
    Several,
}

impl fmt::Display for InvalidLastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit, length } => {
                write!(
                    f,
                    "Last-Event-ID has {length} bytes, and the limit is {limit}"
                )
            }
            Self::NotUtf8 { at } => write!(f, "Last-Event-ID is not UTF-8 from byte {at} on"),
            Self::NotAnId(error) => write!(f, "Last-Event-ID is no event ID: {error}"),
            Self::Several => f.write_str("the request has more than one Last-Event-ID"),
        }
    }
}

impl std::error::Error for InvalidLastEventId {}
