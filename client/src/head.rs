//! The head of a response.

use core::time::Duration;

/// What the client wants to know of the head of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// The status code.
    pub status: u16,
    /// The value of `Content-Type`, if it is text.
    pub content_type: Option<&'a str>,
    /// How the body is still compressed: the value of `Content-Encoding`, unless the transport has
    /// undone that.
    pub content_encoding: Option<&'a str>,
    /// The value of `Location`, if it is text.
    pub location: Option<&'a str>,
    /// How long the server asks to wait: `Retry-After`, or `retry-after-ms`, as a span from now.
    pub retry_after: Option<Duration>,
}

impl<'a> Head<'a> {
    /// A head with this status and content type.
    pub const fn new(status: u16, content_type: Option<&'a str>) -> Self {
        Self {
            status,
            content_type,
            content_encoding: None,
            location: None,
            retry_after: None,
        }
    }
}
