//! What the encoder refuses, and why.

use core::error::Error;
use core::fmt;

/// The part of a block that a refused text was meant for.
///
/// ```
/// use esse_encoder::{EventType, Part};
///
/// let refused = EventType::new("a\nb").unwrap_err();
/// assert_eq!(refused.part(), Part::EventType);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The value of the `event` field.
    EventType,
    /// The value of the `id` field.
    EventId,
    /// The name of a field that the standard does not know.
    FieldName,
    /// The value of a field that the standard does not know.
    FieldValue,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::EventType => "event type",
            Part::EventId => "event ID",
            Part::FieldName => "field name",
            Part::FieldValue => "field value",
        })
    }
}

/// A text that cannot be written without changing what the receiver reads.
///
/// Nothing is stripped or escaped: the format has no escapes (section 9.2.5), so the caller
/// decides what to do with such a text. Offsets are in bytes from the start of the text.
///
/// ```
/// use esse_encoder::{EventId, InvalidField, Part};
///
/// let refused = EventId::new("7\ndata: forged").unwrap_err();
/// assert_eq!(refused, InvalidField::LineBreak { part: Part::EventId, at: 1 });
/// assert_eq!(
///     refused.to_string(),
///     "event ID has a line break at byte 1: it would end the field; remove it or encode the text",
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidField {
    /// CR or LF: it would end the line, and what follows would be read as another field.
    LineBreak {
        /// Where the text was meant to go.
        part: Part,
        /// Offset of the CR or LF.
        at: usize,
    },
    /// U+0000 in an event ID: receivers ignore such an ID (9.2.6, field `id`).
    Nul {
        /// Offset of the U+0000.
        at: usize,
    },
    /// A colon in a field name: it would end the name.
    Colon {
        /// Offset of the colon.
        at: usize,
    },
    /// A field name that the standard gives a meaning: `data`, `event`, `id` or `retry`.
    Reserved,
    /// An empty field name: the line would be a comment.
    Empty,
    /// A field name that starts with U+FEFF: at the start of a stream receivers strip it, which
    /// leaves another name (9.2.5, `bom`).
    ByteOrderMark,
}

impl InvalidField {
    /// The part of the block that was refused.
    ///
    /// ```
    /// use esse_encoder::{FieldName, Part};
    ///
    /// assert_eq!(FieldName::new("").unwrap_err().part(), Part::FieldName);
    /// ```
    pub const fn part(&self) -> Part {
        match self {
            InvalidField::LineBreak { part, .. } => *part,
            InvalidField::Nul { .. } => Part::EventId,
            InvalidField::Colon { .. }
            | InvalidField::Reserved
            | InvalidField::Empty
            | InvalidField::ByteOrderMark => Part::FieldName,
        }
    }

    /// The sentence after "event type", "event ID" and so on, less the offset.
    pub(crate) const fn reason(&self) -> (&'static str, &'static str) {
        match self {
            InvalidField::LineBreak { .. } => (
                "has a line break",
                "it would end the field; remove it or encode the text",
            ),
            InvalidField::Nul { .. } => (
                "has a U+0000",
                "receivers ignore such an ID; remove it or encode the text",
            ),
            InvalidField::Colon { .. } => {
                ("has a colon", "it would end the name; choose another name")
            }
            InvalidField::Reserved => (
                "is one of `data`, `event`, `id`, `retry`",
                "use the method of that name",
            ),
            InvalidField::Empty => ("is empty", "the line would be a comment; use `comment`"),
            InvalidField::ByteOrderMark => (
                "starts with U+FEFF",
                "the start of a stream loses it; choose another name",
            ),
        }
    }

    const fn at(&self) -> Option<usize> {
        match self {
            InvalidField::LineBreak { at, .. }
            | InvalidField::Nul { at }
            | InvalidField::Colon { at } => Some(*at),
            _ => None,
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
        write!(f, ": {advice}")
    }
}

impl Error for InvalidField {}

/// Data that is not UTF-8. An event stream is UTF-8 by definition (9.2.5): receivers would read
/// U+FFFD instead of what was sent.
///
/// ```
/// use esse_encoder::Data;
///
/// let refused = Data::try_from(b"caf\xe9".as_slice()).unwrap_err();
/// assert_eq!(refused.at, 3);
/// assert_eq!(refused.to_string(), "data is not UTF-8 at byte 3");
/// ```
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
