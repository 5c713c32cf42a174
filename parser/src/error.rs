//! The error of the parser.

use core::error::Error;
use core::fmt;

use crate::LimitKind;

/// The only error of the parser: a block holds more than its [`Limits`](crate::Limits) allow.
///
/// The whole block is lost. The parser discards the rest of it in constant memory, reports nothing
/// more of it and takes no last event ID from it. The next call goes on with the next block. Of a
/// comment or an ignored line that was asked for, the line alone is lost, and the next call goes on
/// with the next line ([`LimitKind::discards_block`]).
///
/// ```
/// use esse_parser::{Chunk, Limits, Parser};
///
/// let mut parser = Parser::builder().limits(Limits::DEFAULT.with_event_type(3)).build();
/// let error = parser.next_event(&mut Chunk::new(b"data: x\nevent: long\n\n")).unwrap_err();
///
/// assert_eq!((error.limit, error.offset, error.line), (3, 8, 2));
/// assert_eq!(
///     error.to_string(),
///     "the event type in line 2 (at byte 8) is over the limit of 3 bytes: \
///      its block is discarded; raise the limit to receive such blocks"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LimitExceeded {
    /// Which limit.
    pub kind: LimitKind,
    /// The limit, in bytes.
    pub limit: usize,
    /// Where the line over the limit begins, in bytes from the start of the event stream.
    pub offset: u64,
    /// The number of that line in the event stream; the first line is 1.
    pub line: u64,
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            limit,
            offset,
            line,
        } = self;
        let (lost, such) = if kind.discards_block() {
            ("its block is discarded", "blocks")
        } else {
            ("it is left out", "lines")
        };
        write!(
            f,
            "the {kind} in line {line} (at byte {offset}) is over the limit of {limit} bytes: \
             {lost}; raise the limit to receive such {such}"
        )
    }
}

impl Error for LimitExceeded {}
