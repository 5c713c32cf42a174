//! Responses as bytes.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, Response, StatusCode};

use super::framing::Framing;

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

/// Whether a response of this status has a body (RFC 9112, section 6.3).
pub(crate) fn has_body(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The head of a response that streams.
pub(crate) fn stream_head<B>(response: &Response<B>, framing: Framing) -> Vec<u8> {
    let mut out = head(response.status(), response.headers());
    if framing == Framing::Chunked && has_body(response.status()) {
        out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// A whole response, or only its head if the request was `HEAD`.
pub(crate) fn whole(response: &Response<Bytes>, to_head: bool) -> Vec<u8> {
    let (status, body) = (response.status(), response.body());
    let mut out = head(status, response.headers());
    if has_body(status) {
        out.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    if has_body(status) && !to_head {
        out.extend_from_slice(body);
    }
    out
}

/// The head without its blank line. Every connection ends with its response.
fn head(status: StatusCode, headers: &HeaderMap) -> Vec<u8> {
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
    out
}

fn put_field(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
