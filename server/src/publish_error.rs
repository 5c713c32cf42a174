//! `PublishError`: why a record was not published.

use std::fmt;

use esse_encoder::EventId;

/// How many bytes an event ID may have: with more, many servers refuse the request that brings it
/// back.
pub(crate) const ID_LIMIT: usize = 4096;

/// Why a record was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishError {
    /// The hub was closed or is draining.
    Closed,
    /// The record's ID would not come back as it is: a client sends it in a header.
    Id(UnusableId),
}

/// Why an ID cannot be the value of `Last-Event-ID` (9.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusableId {
    /// It is empty. That resets the last event ID of a client (9.2.6), which then comes back without
    /// one.
    Empty,
    /// It begins or ends with a space or a tab, which HTTP removes (RFC 9110, section 5.5).
    Trimmed,
    /// It has a control character, which no header may have.
    ControlCharacter,
    /// It has more than 4096 bytes. With so many, the request may be refused.
    TooLong,
}

/// Whether a client can send the ID back.
pub(crate) fn check(id: &EventId) -> Result<(), UnusableId> {
    let text = id.as_str();
    if text.is_empty() {
        return Err(UnusableId::Empty);
    }
    if text.len() > ID_LIMIT {
        return Err(UnusableId::TooLong);
    }
    if text
        .bytes()
        .any(|byte| byte == 0x7f || (byte < 0x20 && byte != b'\t'))
    {
        return Err(UnusableId::ControlCharacter);
    }
    let blank = [' ', '\t'];
    if text.starts_with(blank) || text.ends_with(blank) {
        return Err(UnusableId::Trimmed);
    }
    Ok(())
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the hub was closed or is draining"),
            Self::Id(error) => write!(f, "a client cannot resume with this event ID: {error}"),
        }
    }
}

impl fmt::Display for UnusableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => {
                "it is empty, so a client would come back without one; \
                 to publish an event without an ID, set none"
            }
            Self::Trimmed => {
                "it begins or ends with a space or a tab, and HTTP removes these from a header"
            }
            Self::ControlCharacter => "it has a control character, and no header may have one",
            Self::TooLong => "it has more than 4096 bytes",
        })
    }
}

impl std::error::Error for PublishError {}
impl std::error::Error for UnusableId {}
