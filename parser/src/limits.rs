//! How much one block may hold.

use core::fmt;

/// How much one block may hold, in bytes of UTF-8 after decoding.
///
/// Start from [`DEFAULT`](Self::DEFAULT) or [`NONE`](Self::NONE) and change what you need. The
/// standard has no limits.
///
/// A block over a limit is a [`LimitExceeded`](crate::LimitExceeded), never a truncated event. So is a
/// comment or an ignored line over its limit, but then that line alone is lost: it means nothing to
/// its block. No buffer ever holds more than its limit. Limits apply to content and never depend on
/// how it was cut into chunks. A line counts as it arrives: it is over the limit as soon as what has
/// been decoded of it is.
///
/// ```
/// use esse_parser::{Chunk, LimitKind, Limits, Parser};
///
/// let mut parser = Parser::builder().limits(Limits::DEFAULT.with_data(4)).build();
/// let mut chunk = Chunk::new(b"data: too long\n\ndata: fits\n\n");
///
/// let error = parser.next_event(&mut chunk).unwrap_err();
/// assert_eq!(error.kind, LimitKind::Data);
/// assert_eq!(parser.next_event(&mut chunk)?.unwrap().data, "fits");
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// The data of one event: its lines and the LFs between them.
    pub data: usize,
    /// The value of an `event` field.
    pub event_type: usize,
    /// The value of an `id` field.
    pub last_event_id: usize,
    /// A comment, if comments are reported ([`Parser::next_item`](crate::Parser::next_item)).
    pub comment: usize,
    /// A line that is ignored for its name, if such lines are reported
    /// ([`ParserBuilder::ignored_lines`](crate::ParserBuilder::ignored_lines)).
    pub ignored_line: usize,
}

impl Limits {
    /// 64 MiB of data; 64 KiB for the event type, the last event ID, and a comment or an ignored
    /// line that is reported.
    pub const DEFAULT: Self = Self {
        data: 64 << 20,
        event_type: 64 << 10,
        last_event_id: 64 << 10,
        comment: 64 << 10,
        ignored_line: 64 << 10,
    };

    /// No limits, as in the standard. The sender then decides how much memory the parser takes.
    pub const NONE: Self = Self {
        data: usize::MAX,
        event_type: usize::MAX,
        last_event_id: usize::MAX,
        comment: usize::MAX,
        ignored_line: usize::MAX,
    };

    /// Replaces the limit for the data of an event, in bytes.
    #[must_use]
    pub const fn with_data(self, data: usize) -> Self {
        Self { data, ..self }
    }

    /// Replaces the limit for the event type, in bytes.
    #[must_use]
    pub const fn with_event_type(self, event_type: usize) -> Self {
        Self { event_type, ..self }
    }

    /// Replaces the limit for the last event ID, in bytes.
    #[must_use]
    pub const fn with_last_event_id(self, last_event_id: usize) -> Self {
        Self {
            last_event_id,
            ..self
        }
    }

    /// Replaces the limit for a reported comment, in bytes.
    #[must_use]
    pub const fn with_comment(self, comment: usize) -> Self {
        Self { comment, ..self }
    }

    /// Replaces the limit for a reported line that is ignored, in bytes.
    #[must_use]
    pub const fn with_ignored_line(self, ignored_line: usize) -> Self {
        Self {
            ignored_line,
            ..self
        }
    }

    pub(crate) const fn of(&self, kind: LimitKind) -> usize {
        match kind {
            LimitKind::Data => self.data,
            LimitKind::EventType => self.event_type,
            LimitKind::LastEventId => self.last_event_id,
            LimitKind::Comment => self.comment,
            LimitKind::IgnoredLine => self.ignored_line,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which of the [`Limits`] was exceeded. Its `Display` form is a name such as `last event ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`Limits::data`]
    Data,
    /// [`Limits::event_type`]
    EventType,
    /// [`Limits::last_event_id`]
    LastEventId,
    /// [`Limits::comment`]
    Comment,
    /// [`Limits::ignored_line`]
    IgnoredLine,
}

impl LimitKind {
    /// Whether the whole block is lost, and not the line alone.
    pub const fn discards_block(self) -> bool {
        !matches!(self, Self::Comment | Self::IgnoredLine)
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::EventType => "event type",
            Self::LastEventId => "last event ID",
            Self::Comment => "comment",
            Self::IgnoredLine => "ignored line",
        })
    }
}
