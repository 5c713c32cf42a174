//! The request of an attempt (9.2.2 and 9.2.3).

use alloc::string::String;
use core::error::Error;
use core::fmt;

use bytes::Bytes;
use http::Method;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};

use crate::{Attempt, Resume};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A request that cannot be made of what the caller gave.
#[derive(Debug)]
pub struct RequestError {
    error: http::Error,
    is_ascii: bool,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the URL is not valid")?;
        if !self.is_ascii {
            f.write_str(
                ": a host with other characters than ASCII is written in Punycode (xn--…)",
            )?;
        }
        Ok(())
    }
}

impl Error for RequestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// A `GET` of `url`.
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(super) fn get(url: &str) -> Result<http::Request<Bytes>, RequestError> {
    http::Request::get(url)
        .body(Bytes::new())
        .map_err(|error| RequestError {
            error,
            is_ascii: url.is_ascii(),
        })
}

/// Where the caller's own header says to go on. It is decoded as the ID of an event is (9.2.6), so what
/// is not UTF-8 becomes U+FFFD.
pub(super) fn take_last_event_id(headers: &mut HeaderMap) -> Resume {
    let id = headers.remove(LAST_EVENT_ID);
    let id = id.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    Resume::after(id.unwrap_or_default())
}

/// Sets the headers of an attempt. `Accept` and `Cache-Control` stay as they are if the caller set
/// them.
pub(super) fn set_headers(headers: &mut HeaderMap, attempt: &Attempt<'_>) {
    let accept = HeaderValue::from_static("text/event-stream");
    headers.entry(ACCEPT).or_insert(accept);
    // What the cache mode "no-store" is on the wire.
    let no_cache = HeaderValue::from_static("no-cache");
    headers.entry(CACHE_CONTROL).or_insert(no_cache);
    let id = attempt.last_event_id_header;
    if let Some(id) = id.and_then(|id| HeaderValue::from_bytes(id.as_bytes()).ok()) {
        headers.insert(LAST_EVENT_ID, id);
    }
}

/// A `POST` or `PUT` without a body says so (Fetch, "HTTP-network-or-cache fetch"): some servers
/// refuse it otherwise.
pub(super) fn set_length(request: &mut http::Request<Bytes>) {
    let is_due =
        matches!(*request.method(), Method::POST | Method::PUT) && request.body().is_empty();
    let headers = request.headers_mut();
    if is_due && !headers.contains_key(TRANSFER_ENCODING) {
        let none = HeaderValue::from_static("0");
        headers.entry(CONTENT_LENGTH).or_insert(none);
    }
}

#[cfg(all(test, any(feature = "tokio", feature = "blocking")))]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_error_says_what_a_url_may_not_have() {
        let said = |url| get(url).map_err(|error| error.to_string()).err();
        assert_eq!(said("https://xn--bcher-kva.example/ü"), None);
        let host = said("https://bücher.example/").unwrap_or_default();
        assert!(host.ends_with("is written in Punycode (xn--…)"), "{host}");
        assert_eq!(said("a b").as_deref(), Some("the URL is not valid"));
    }
}
