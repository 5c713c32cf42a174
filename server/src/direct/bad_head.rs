//! `BadHead`: why a request is refused before the application sees it.

use std::fmt;
use std::time::Duration;

use http::header::{ALLOW, HeaderValue};
use http::{Response, StatusCode};

use super::refusal::Refusal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHead {
    /// A line feed without a carriage return, or a carriage return without a line feed.
    LineEnd {
        at: usize,
    },
    Folded {
        at: usize,
    },
    Control {
        at: usize,
    },
    TargetTooLong {
        limit: usize,
    },
    TooLarge {
        limit: usize,
    },
    TooManyFields {
        limit: usize,
    },
    Malformed(httparse::Error),
    Field,
    Version,
    Target,
    NoHost,
    Host,
    TransferEncoding,
    ContentLength,
    Body,
    Method,
    TooSlow {
        limit: Duration,
    },
}

impl BadHead {
    fn status(self) -> StatusCode {
        match self {
            Self::LineEnd { .. }
            | Self::Folded { .. }
            | Self::Control { .. }
            | Self::Malformed(_)
            | Self::Field
            | Self::Target
            | Self::NoHost
            | Self::Host
            | Self::TransferEncoding
            | Self::ContentLength => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TargetTooLong { .. } => StatusCode::URI_TOO_LONG,
            Self::TooLarge { .. } | Self::TooManyFields { .. } => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        }
    }
}

impl From<BadHead> for Refusal {
    fn from(bad: BadHead) -> Self {
        let refusal = Self::text(bad.status(), bad.to_string());
        if bad != BadHead::Method {
            return refusal;
        }
        let mut response = Response::from(refusal);
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        response.into()
    }
}

impl fmt::Display for BadHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineEnd { at } => write!(f, "byte {at}: lines must end with CR LF"),
            Self::Folded { at } => write!(f, "byte {at}: a line begins with a space"),
            Self::Control { at } => write!(f, "byte {at}: a control character"),
            Self::TargetTooLong { limit } => {
                write!(f, "the request line is longer than {limit} bytes")
            }
            Self::TooLarge { limit } => write!(f, "the head is longer than {limit} bytes"),
            Self::TooManyFields { limit } => write!(f, "more than {limit} header fields"),
            Self::Malformed(error) => write!(f, "not HTTP/1.1: {error}"),
            Self::Field => f.write_str("invalid header field"),
            Self::Version => f.write_str("the version is neither HTTP/1.1 nor HTTP/1.0"),
            Self::Target => f.write_str("the request target is neither a path nor an http URL"),
            Self::NoHost => f.write_str("the Host header is missing"),
            Self::Host => f.write_str("invalid Host, or more than one"),
            Self::TransferEncoding | Self::Body => {
                f.write_str("requests with a body are not accepted here")
            }
            Self::ContentLength => f.write_str("invalid Content-Length"),
            Self::Method => f.write_str("use GET to read an event stream"),
            Self::TooSlow { limit } => {
                write!(f, "the head took longer than {} ms", limit.as_millis())
            }
        }
    }
}

impl std::error::Error for BadHead {}
