//! The response around an event stream, and the one that stops a client from reconnecting.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// `text/event-stream`, the media type of the format (9.2.1).
pub const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// Turns off buffering in nginx, and in proxies that follow its example.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Nothing between keeps the stream, or changes it: `no-transform` forbids compression, which some
/// proxies do in blocks (RFC 9111, section 5.2.2.6).
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, no-transform");

/// The response of an event stream: status 200, `Content-Type: text/event-stream`,
/// `Cache-Control: no-store, no-transform` and `X-Accel-Buffering: no`. It is an ordinary response,
/// so change or remove what you like.
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
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    #[cfg(feature = "serve")]
    response.extensions_mut().insert(Parkable);
    response
}

/// Marks a response whose body `serve` may poll together with others.
#[cfg(feature = "serve")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parkable;

/// Status 204, which tells an `EventSource` not to reconnect (9.2.3, "processing model").
///
/// ```
/// let response = esse_server::no_content(http_body_util::Empty::<bytes::Bytes>::new());
/// assert_eq!(response.status(), 204);
/// ```
pub fn no_content<B>(empty: B) -> Response<B> {
    let mut response = Response::new(empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
