//! The caller's cursor over one chunk, and the UTF-8 check ahead of it.

use core::ops::Range;

use crate::line_ends::{BLOCK, LineEnds};
use crate::work;

/// How many bytes one UTF-8 check covers.
const WINDOW: usize = 32 * 1024;
#[cfg(any(feature = "codec", feature = "read", feature = "stream"))]
const SMALL_WINDOW: usize = 2 * 1024;

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

/// The range of bytes that was last checked for UTF-8.
#[derive(Clone, Debug)]
struct Window<'c> {
    start: usize,
    end: usize,
    /// `None` if the range is not valid as a whole. Values are then checked one by one.
    text: Option<&'c str>,
}

/// The bytes of a value, checked for UTF-8.
#[derive(Clone, Copy)]
pub(crate) enum Value<'c> {
    Text(&'c str),
    Invalid(&'c [u8]),
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

    /// Returns a cursor that checks little ahead, for reading a few events.
    #[cfg(any(feature = "codec", feature = "read", feature = "stream"))]
    #[inline]
    pub(crate) const fn with_small_windows(bytes: &'c [u8]) -> Self {
        let mut chunk = Self::new(bytes);
        chunk.ahead = SMALL_WINDOW;
        chunk
    }

    /// Returns a cursor at `position` of a text, where an earlier one stopped.
    #[inline]
    pub(crate) const fn of_text(text: &'c str, position: usize, line_ends: LineEnds) -> Self {
        Self {
            bytes: text.as_bytes(),
            position,
            line_ends,
            window: Window {
                start: 0,
                end: text.len(),
                text: Some(text),
            },
            ahead: WINDOW,
        }
    }

    #[cfg(feature = "bytes")]
    #[inline]
    pub(crate) const fn line_ends(&self) -> LineEnds {
        self.line_ends
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

    /// Whether at most one block of the line end mask (64 bytes) is left.
    #[inline]
    pub(crate) fn is_small(&self) -> bool {
        self.bytes.len() - self.position <= BLOCK
    }

    /// Whether no line ends in the rest of a small chunk.
    #[inline]
    pub(crate) fn is_within_line(&mut self) -> bool {
        self.line_ends.are_none_in_few(self.bytes, self.position)
    }

    /// The bytes of the whole chunk, read or not.
    #[inline]
    pub(crate) fn all_bytes(&self) -> &'c [u8] {
        self.bytes
    }

    /// The end of the line that contains `from`; `None` if the chunk ends before it.
    #[inline]
    pub(crate) fn line_end(&mut self, from: usize) -> Option<usize> {
        self.line_ends.find(self.bytes, from)
    }

    #[inline]
    pub(crate) fn move_to(&mut self, position: usize) {
        self.position = position;
    }

    /// The text at `range`; `None` if it is not valid, or lies in a window that is not.
    #[inline]
    pub(crate) fn text(&mut self, range: Range<usize>) -> Option<&'c str> {
        if range.end > self.window.end {
            self.check_ahead(range.clone());
        }
        let start = self.window.start;
        let in_window = range.start.wrapping_sub(start)..range.end.wrapping_sub(start);
        self.window.text?.get(in_window)
    }

    /// Whether the cursor is in a window that is not valid UTF-8 as a whole.
    #[inline]
    pub(crate) fn is_no_text(&self) -> bool {
        self.window.text.is_none() && self.position < self.window.end
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

    /// Checks the value and the bytes after it, up to the size of a window.
    #[inline(never)]
    fn check_ahead(&mut self, Range { start, end }: Range<usize>) {
        // A line that does not end in this chunk is not read as text.
        let last = self.line_ends.none_from().min(self.bytes.len());
        let reach = start.saturating_add(self.ahead).min(last);
        let end = before_cut_character(self.bytes, reach).max(end);
        let bytes = self.bytes(start..end);
        work::count(bytes.len());
        let text = simdutf8::basic::from_utf8(bytes).ok();
        self.window = Window { start, end, text };
    }
}

/// The end of `bytes[..end]` without a character that `end` cuts.
fn before_cut_character(bytes: &[u8], end: usize) -> usize {
    let bytes = bytes.get(..end).unwrap_or_default();
    let last = bytes
        .iter()
        .rev()
        .take(3)
        .position(|byte| byte & 0xc0 != 0x80);
    let Some(after) = last else { return end };
    let start = end - 1 - after;
    let is_cut = match bytes[start] {
        0xc0..=0xdf => after < 1,
        0xe0..=0xef => after < 2,
        0xf0..=0xff => true,
        _ => false,
    };
    if is_cut { start } else { end }
}

impl<'c> Value<'c> {
    pub(crate) fn check(bytes: &'c [u8]) -> Self {
        work::count(bytes.len());
        simdutf8::basic::from_utf8(bytes).map_or(Self::Invalid(bytes), Self::Text)
    }

    /// The bytes as they arrived.
    pub(crate) fn as_bytes(self) -> &'c [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Invalid(bytes) => bytes,
        }
    }
}

/// The UTF-8 of a `&str` is not checked again.
impl<'c> From<&'c str> for Chunk<'c> {
    fn from(text: &'c str) -> Self {
        Self::of_text(text, 0, LineEnds::START)
    }
}

impl<'c> From<&'c [u8]> for Chunk<'c> {
    fn from(bytes: &'c [u8]) -> Self {
        Self::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_between_characters() {
        let text = "a\u{e9}\u{20ac}\u{1f600}\u{1f600}\u{20ac}\u{20ac}\u{e9}\u{e9}a";
        for end in 0..=text.len() {
            let before = (0..=end).rev().find(|at| text.is_char_boundary(*at));
            assert_eq!(
                Some(before_cut_character(text.as_bytes(), end)),
                before,
                "{end}"
            );
        }
    }
}
