//! What the encoder refuses, and why.

use core::error::Error;
use core::fmt;

/// The part of a field that a refused text was meant for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldPart {
    /// The value of the `event` field.
    EventType,
    /// The value of the `id` field.
    EventId,
    /// The name of a field that the standard does not know.
    FieldName,
    /// The value of a field that the standard does not know.
    FieldValue,
}

impl fmt::Display for FieldPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EventType => "event type",
            Self::EventId => "event ID",
            Self::FieldName => "field name",
            Self::FieldValue => "field value",
        })
    }
}

/// A text that cannot be written without changing what the receiver reads.
///
/// Nothing is stripped or escaped. The format has no escapes (9.2.5), so it is up to the caller to
/// change such a text or to encode it. Offsets are in bytes from the start of the text.
///
/// ```
/// use esse_encoder::{EventId, FieldPart, InvalidField};
///
/// let refused = EventId::new("7\ndata: forged").unwrap_err();
/// assert_eq!(refused, InvalidField::LineBreak { part: FieldPart::EventId, at: 1 });
/// assert_eq!(
///     refused.to_string(),
///     "event ID has a line break at byte 1, which would end the field; remove it or encode the text",
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidField {
    /// CR or LF. It would end the line, and the rest of the text would be read as another field.
    LineBreak {
        /// What the text was meant for.
        part: FieldPart,
        /// Offset of the CR or LF.
        at: usize,
    },
    /// U+0000 in an event ID. Receivers ignore such an ID (9.2.6, field `id`).
    Nul {
        /// Offset of the U+0000.
        at: usize,
    },
    /// A colon in a field name. It would end the name.
    Colon {
        /// Offset of the colon.
        at: usize,
    },
    /// A field name that has a meaning in the standard: `data`, `event`, `id` or `retry`.
    Reserved,
    /// An empty field name. The line would be a comment.
    Empty,
    /// A field name that starts with U+FEFF. At the start of a stream receivers strip it (9.2.5,
    /// `bom`), and a different name is left.
    ByteOrderMark,
}

impl InvalidField {
    /// What the text was meant for.
    pub const fn part(&self) -> FieldPart {
        match self {
            Self::LineBreak { part, .. } => *part,
            Self::Nul { .. } => FieldPart::EventId,
            Self::Colon { .. } | Self::Reserved | Self::Empty | Self::ByteOrderMark => {
                FieldPart::FieldName
            }
        }
    }

    /// What follows "event type", "event ID" and so on in the message, before and after the offset.
    pub(crate) const fn reason(&self) -> (&'static str, &'static str) {
        match self {
            Self::LineBreak { .. } => (
                "has a line break",
                ", which would end the field; remove it or encode the text",
            ),
            Self::Nul { .. } => (
                "has a U+0000",
                ", so receivers would ignore the ID; remove it or encode the text",
            ),
            Self::Colon { .. } => (
                "has a colon",
                ", which would end the name; choose another name",
            ),
            Self::Reserved => (
                "is one of `data`, `event`, `id`, `retry`",
                "; use the method for that field",
            ),
            Self::Empty => ("is empty", "; use `comment` to write a comment"),
            Self::ByteOrderMark => (
                "starts with U+FEFF",
                ", which receivers strip at the start of a stream; choose another name",
            ),
        }
    }

    const fn at(&self) -> Option<usize> {
        match self {
            Self::LineBreak { at, .. } | Self::Nul { at } | Self::Colon { at } => Some(*at),
            Self::Reserved | Self::Empty | Self::ByteOrderMark => None,
        }
    }
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fault, advice) = self.reason();
        write!(f, "{} {fault}", self.part())?;
        if let Some(at) = self.at() {
            write!(f, " at byte {at}")?;
        }
        f.write_str(advice)
    }
}

impl Error for InvalidField {}

/// Data that is not UTF-8.
///
/// An event stream is UTF-8 by definition (9.2.5). Receivers would read U+FFFD instead of what was
/// sent.
///
/// ```
/// use esse_encoder::Data;
///
/// let refused = Data::try_from(b"caf\xe9".as_slice()).unwrap_err();
/// assert_eq!(refused.at, 3);
/// assert_eq!(refused.to_string(), "data is not UTF-8 at byte 3");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUtf8 {
    /// Offset in bytes of the first sequence that is not UTF-8, from the start of the data.
    pub at: u64,
}

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data is not UTF-8 at byte {}", self.at)
    }
}

impl Error for InvalidUtf8 {}

#[cfg(feature = "std")]
impl From<InvalidUtf8> for std::io::Error {
    fn from(error: InvalidUtf8) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
