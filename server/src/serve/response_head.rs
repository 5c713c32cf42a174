//! The heads of responses that hyper does not write, as bytes.

use std::time::SystemTime;

use http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, StatusCode};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// These belong to the connection, not to the application.
const OURS: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    KEEP_ALIVE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The head of a response with a chunked body.
pub(crate) fn chunked(status: StatusCode, headers: &HeaderMap) -> Vec<u8> {
    head(status, headers, "transfer-encoding: chunked")
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Vec<u8> {
    head(status, &HeaderMap::new(), "content-length: 0")
}

/// Every connection ends with its response.
fn head(status: StatusCode, headers: &HeaderMap, length: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let reason = status.canonical_reason().unwrap_or_default();
    out.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).as_bytes());
    for (name, value) in headers {
        if !OURS.contains(name) {
            put_field(&mut out, name, value.as_bytes());
        }
    }
    if !headers.contains_key(DATE) {
        let now = httpdate::fmt_http_date(SystemTime::now());
        put_field(&mut out, &DATE, now.as_bytes());
    }
    put_field(&mut out, &CONNECTION, b"close");
    out.extend_from_slice(length.as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    out
}

fn put_field(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
