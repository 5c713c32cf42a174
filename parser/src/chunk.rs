//! The caller's cursor over one chunk, and the UTF-8 check ahead of it.

use core::ops::Range;

use memchr::memchr2;

use crate::decode::before_cut_character;
use crate::field::after_colon;
use crate::line_ends::LineEnds;
use crate::work;

/// How many bytes one UTF-8 check covers.
const WINDOW: usize = 32 * 1024;

/// simdutf8 checks so many bytes at once. What is left over costs as much as five times as many.
const CHECKED_AT_ONCE: usize = 64;

/// A cursor over one chunk of an event stream.
///
/// The bytes belong to the caller. [`Parser::next_event`](crate::Parser::next_event) moves the
/// cursor; what it has not read stays in the chunk. You can leave a loop over the events at any
/// point and continue it later.
///
/// The cursor also remembers which part of the chunk is valid UTF-8. The parser checks up to 32 KiB
/// at once, which costs far less than a check for each value; each value is then a slice of a
/// `&str`.
///
/// ```
/// use esse_parser::{Chunk, Parser};
///
/// let mut parser = Parser::new();
/// let mut chunk = Chunk::new(b"data: a\n\ndata: b\n\n");
///
/// assert_eq!(parser.next_event(&mut chunk)?.unwrap().data, "a");
/// assert_eq!(chunk.remaining(), b"data: b\n\n");
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chunk<'c> {
    bytes: &'c [u8],
    position: usize,
    line_ends: LineEnds,
    window: Window<'c>,
    /// How many bytes one UTF-8 check covers.
    ahead: usize,
}

/// Where a [`Chunk`] stands in its bytes, and what it knows of them, without borrowing them.
///
/// An adapter that owns its chunk keeps this between two calls, since it cannot keep a cursor that
/// borrows from it.
///
/// ```
/// use esse_parser::{Chunk, ChunkState, Parser};
///
/// let bytes = Vec::from("data: a\n\ndata: b\n\n");
/// let (mut parser, mut state) = (Parser::new(), ChunkState::default());
/// for data in ["a", "b"] {
///     let mut chunk = Chunk::with_state(&bytes, &state);
///     assert_eq!(parser.next_event(&mut chunk)?.unwrap().data, data);
///     chunk.save(&mut state);
/// }
/// assert_eq!(state.position(), bytes.len());
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ChunkState {
    position: usize,
    line_ends: LineEnds,
    ahead: usize,
    len: usize,
}

impl ChunkState {
    /// Goes to the start of the next chunk.
    #[inline]
    pub const fn begin(&mut self) {
        self.position = 0;
        self.line_ends = LineEnds::START;
    }

    /// Returns how many bytes of the chunk the parser has read.
    pub const fn position(&self) -> usize {
        self.position
    }
}

/// The range of bytes that was last checked for UTF-8.
#[derive(Clone, Debug)]
struct Window<'c> {
    start: usize,
    end: usize,
    /// `None` if the range is not valid as a whole. Values are then checked one by one.
    text: Option<&'c str>,
}

/// The value of a line.
#[derive(Clone, Copy)]
pub(crate) enum Value<'c> {
    /// It lies in the chunk and is valid UTF-8.
    Text(&'c str),
    /// It lies in the chunk, and has to be decoded.
    Invalid(&'c [u8]),
    /// Chunks cut it. It is decoded, and in [`Held`](crate::block::Held): the end of the data, or
    /// the value of another line.
    Held,
}

impl<'c> Chunk<'c> {
    /// Returns a cursor at the start of `bytes`, which may be cut anywhere.
    #[inline]
    pub const fn new(bytes: &'c [u8]) -> Self {
        Self {
            bytes,
            position: 0,
            line_ends: LineEnds::START,
            window: Window {
                start: 0,
                end: 0,
                text: None,
            },
            ahead: WINDOW,
        }
    }

    /// Returns a cursor where an earlier one over the same bytes was [saved](Self::save). It is made
    /// for reading one event: it checks as much ahead for UTF-8 as the event before was long.
    #[inline]
    pub const fn with_state(bytes: &'c [u8], state: &ChunkState) -> Self {
        let mut chunk = Self::new(bytes);
        chunk.position = state.position;
        chunk.ahead = state.ahead;
        if state.len == bytes.len() {
            chunk.line_ends = state.line_ends;
        }
        chunk
    }

    /// Saves where the cursor stands now.
    #[inline]
    pub const fn save(&self, state: &mut ChunkState) {
        if self.position > state.position {
            state.ahead = self.position - state.position;
        }
        state.position = self.position;
        state.line_ends = self.line_ends;
        state.len = self.bytes.len();
    }

    /// Returns the bytes that the parser has not read yet.
    #[inline]
    pub fn remaining(&self) -> &'c [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Returns how many bytes of the chunk the parser has read.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Whether the parser has read the whole chunk.
    pub const fn is_empty(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// The range of the next line, without its line end; `None` if the chunk ends before it. Does
    /// not move the cursor.
    #[inline]
    pub(crate) fn line(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        Some(start..self.line_end(start)?)
    }

    /// The same for a line that earlier chunks began. It is long, so wide vectors look for its end
    /// from the start: long lines in chunks of 1460 bytes are read 1.1 times as fast.
    pub(crate) fn cut_line(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        let distance = memchr2(b'\n', b'\r', self.remaining());
        work::count(distance.unwrap_or(self.remaining().len()));
        let end = start + distance?;
        self.line_ends.expect(start, end);
        Some(start..end)
    }

    /// Moves past the line end at `end`: a CR ends its line at once, and an LF right after it in
    /// the same chunk is part of that line end (9.2.5, end-of-line).
    #[inline]
    pub(crate) fn skip_line_end(&mut self, end: usize) {
        self.position = end + 1;
        if self.bytes[end] == b'\r' {
            self.position += usize::from(self.bytes.get(self.position) == Some(&b'\n'));
        }
    }

    /// Whether the chunk has been read and ends in a CR, which an LF in the next chunk may belong
    /// to.
    #[inline]
    pub(crate) fn ends_in_open_cr(&self) -> bool {
        self.is_empty() && self.bytes.last() == Some(&b'\r')
    }

    /// Takes the rest of the chunk.
    #[inline]
    pub(crate) fn take_remaining(&mut self) -> &'c [u8] {
        let rest = self.remaining();
        self.position = self.bytes.len();
        rest
    }

    /// Takes the next byte if it is `expected`.
    pub(crate) fn take_byte(&mut self, expected: u8) -> bool {
        let found = self.bytes.get(self.position) == Some(&expected);
        self.position += usize::from(found);
        found
    }

    /// Reads a block of a single line of data, and returns the data; `None`, with nothing read, if
    /// the next block is another, is over the limit, or has a rare line end.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn one_line_block(&mut self, limit: usize) -> Option<&'c str> {
        let (bytes, start) = (self.bytes, self.position);
        let value = start + after_colon(bytes.get(start..)?, b"data:")?;
        if let Some(data) = self.only_line().and_then(|line| line.get(value..)) {
            let data = checked(data).filter(|data| data.len() <= limit)?;
            self.position = bytes.len();
            return Some(data);
        }
        let line_end = self.line_end(start)?;
        let next = match bytes.get(line_end..)? {
            [b'\n', b'\n', ..] => line_end + 2,
            [b'\r', b'\n', b'\r', b'\n', ..] => line_end + 4,
            _ => return None,
        };
        let data = self.text(value..line_end)?;
        if data.len() > limit {
            return None;
        }
        self.position = next;
        Some(data)
    }

    /// The line of a chunk that is one line and a blank line, as most servers send their events and
    /// comments. This takes one search and keeps no state: such chunks are read 1.3 times as fast.
    #[inline]
    pub(crate) fn only_line(&self) -> Option<&'c [u8]> {
        if self.position > 0 {
            return None;
        }
        let ([line @ .., b'\n', b'\n'] | [line @ .., b'\r', b'\n', b'\r', b'\n']) = self.bytes
        else {
            return None;
        };
        let end = memchr2(b'\n', b'\r', line);
        work::count(end.unwrap_or(line.len()));
        end.is_none().then_some(line)
    }

    /// The bytes of the whole chunk, read or not.
    #[inline]
    pub(crate) const fn all_bytes(&self) -> &'c [u8] {
        self.bytes
    }

    #[inline]
    pub(crate) const fn move_to(&mut self, position: usize) {
        self.position = position;
    }

    /// The line that contains `from` is known to end at `end`.
    #[inline]
    pub(crate) fn expect_line_end(&mut self, from: usize, end: usize) {
        self.line_ends.expect(from, end);
    }

    /// Leaves out what follows `end`.
    #[inline]
    pub(crate) fn truncate(&mut self, end: usize) {
        self.bytes = self.bytes(0..end);
    }

    /// The end of the line that contains `from`; `None` if the chunk ends before it.
    #[inline]
    pub(crate) fn line_end(&mut self, from: usize) -> Option<usize> {
        self.line_ends.find(self.bytes, from)
    }

    /// The text at `range`; `None` if it is not valid, or lies in a window that is not.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn text(&mut self, range: Range<usize>) -> Option<&'c str> {
        if range.end > self.window.end || range.start < self.window.start {
            self.check_ahead(range.clone());
        }
        let start = self.window.start;
        self.window
            .text?
            .get(range.start - start..range.end - start)
    }

    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'c [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// The value at `range`, in the next line.
    #[inline]
    pub(crate) fn value(&mut self, range: Range<usize>) -> Value<'c> {
        match self.text(range.clone()) {
            Some(text) => Value::Text(text),
            None => Value::check(self.bytes(range)),
        }
    }

    /// Checks the bytes of whole lines and those after them, up to the size of a window.
    #[inline(never)]
    fn check_ahead(&mut self, Range { start, mut end }: Range<usize>) {
        // A line that does not end in this chunk is not read as text.
        let last = self.line_ends.none_from().min(self.bytes.len());
        let wanted = self
            .ahead
            .max(end - start)
            .next_multiple_of(CHECKED_AT_ONCE);
        let reach = start.saturating_add(wanted).min(last);
        if reach > end {
            end += before_cut_character(self.bytes(end..reach));
        }
        let bytes = self.bytes(start..end);
        let text = checked(bytes);
        self.window = Window { start, end, text };
    }
}

/// The bytes as text, if they are valid UTF-8.
#[inline]
fn checked(bytes: &[u8]) -> Option<&str> {
    work::count(bytes.len());
    simdutf8::basic::from_utf8(bytes).ok()
}

impl<'c> Value<'c> {
    pub(crate) fn check(bytes: &'c [u8]) -> Self {
        checked(bytes).map_or(Self::Invalid(bytes), Self::Text)
    }

    /// The bytes as they arrived, if they are in the chunk.
    pub(crate) fn bytes(self) -> Option<&'c [u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Invalid(bytes) => Some(bytes),
            Self::Held => None,
        }
    }
}

/// The UTF-8 of a `&str` is not checked again.
impl<'c> From<&'c str> for Chunk<'c> {
    fn from(text: &'c str) -> Self {
        Self {
            window: Window {
                start: 0,
                end: text.len(),
                text: Some(text),
            },
            ..Self::new(text.as_bytes())
        }
    }
}

impl<'c> From<&'c [u8]> for Chunk<'c> {
    fn from(bytes: &'c [u8]) -> Self {
        Self::new(bytes)
    }
}
