use core::ops::Range;

use crate::line_ends::{BLOCK, LineEnds};
use crate::work;

/// How far ahead the UTF-8 check goes at once, in bytes.
const WINDOW: usize = 32 * 1024;
#[cfg(any(feature = "codec", feature = "read", feature = "stream"))]
const SMALL_WINDOW: usize = 2 * 1024;

/// A cursor over one chunk of an event stream.
///
/// The bytes stay the caller's. [`Parser::next_event`](crate::Parser::next_event) moves the cursor
/// on; what it has not read yet stays in the chunk, so a loop over it may be
/// left and taken up again at any point.
///
/// It also remembers which part of the chunk is known to be valid UTF-8: the
/// parser checks windows of it at once, and each value is then a slice of a
/// `&str`. One check of 32 KiB costs far less than a check per value.
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
    /// How far ahead the UTF-8 check goes at once.
    ahead: usize,
}

/// A run of bytes whose UTF-8 was checked.
#[derive(Clone, Debug)]
struct Window<'c> {
    start: usize,
    end: usize,
    /// `None` where the run is not valid as a whole: values are then checked one by one.
    text: Option<&'c str>,
}

/// The bytes of a value: known to be text, or to need decoding.
#[derive(Clone, Copy)]
pub(crate) enum Value<'c> {
    Text(&'c str),
    Invalid(&'c [u8]),
}

impl<'c> Chunk<'c> {
    /// A cursor at the start of `bytes`, which may be cut anywhere. Copies nothing, checks nothing yet.
    ///
    /// ```
    /// let chunk = esse_parser::Chunk::new(b"data: x\n\n");
    /// assert_eq!(chunk.position(), 0);
    /// ```
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

    /// A cursor for a few events, of which not much is checked ahead.
    #[cfg(any(feature = "codec", feature = "read", feature = "stream"))]
    #[inline]
    pub(crate) const fn with_small_windows(bytes: &'c [u8]) -> Self {
        let mut chunk = Self::new(bytes);
        chunk.ahead = SMALL_WINDOW;
        chunk
    }

    /// A cursor at `position` of a text, as an earlier one left it.
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

    /// What the parser has not read yet.
    ///
    /// ```
    /// assert_eq!(esse_parser::Chunk::new(b"data").remaining(), b"data");
    /// ```
    #[inline]
    pub fn remaining(&self) -> &'c [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// How many bytes of the chunk the parser has read.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut chunk = Chunk::new(b"data: a\n\ndata");
    /// Parser::new().next_event(&mut chunk)?;
    /// assert_eq!(chunk.position(), 9);
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Whether the parser has read all of it.
    ///
    /// ```
    /// assert!(esse_parser::Chunk::new(b"").is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// Where the next line is, without its end; `None` where its end is not here. Leaves the cursor alone.
    #[inline]
    pub(crate) fn line(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        Some(start..self.line_end(start)?)
    }

    /// Moves past the line end at `end`: a CR ends its line at once, and a LF right after it in this
    /// chunk goes with it (9.2.5, end-of-line).
    #[inline]
    pub(crate) fn skip_line_end(&mut self, end: usize) {
        self.position = end + 1;
        if self.bytes[end] == b'\r' {
            self.position += usize::from(self.bytes.get(self.position) == Some(&b'\n'));
        }
    }

    /// Whether what was read ends in a CR, and in the next chunk a LF may follow that belongs to it.
    #[inline]
    pub(crate) fn ends_in_open_cr(&self) -> bool {
        self.is_empty() && self.bytes.last() == Some(&b'\r')
    }

    /// Reads the rest of the chunk.
    #[inline]
    pub(crate) fn take_remaining(&mut self) -> &'c [u8] {
        let rest = self.remaining();
        self.position = self.bytes.len();
        rest
    }

    /// Reads `expected` where it comes next.
    pub(crate) fn take_byte(&mut self, expected: u8) -> bool {
        let found = self.bytes.get(self.position) == Some(&expected);
        self.position += usize::from(found);
        found
    }

    /// Whether little is left: no more than one look for line ends tells of.
    #[inline]
    pub(crate) fn is_small(&self) -> bool {
        self.bytes.len() - self.position <= BLOCK
    }

    /// Whether no line ends in what is left of a small chunk.
    #[inline]
    pub(crate) fn is_within_line(&mut self) -> bool {
        self.line_ends.are_none_in_few(self.bytes, self.position)
    }

    /// Read or not.
    #[inline]
    pub(crate) fn all_bytes(&self) -> &'c [u8] {
        self.bytes
    }

    /// Where the line ends that `from` is in; `None` where that is not here.
    #[inline]
    pub(crate) fn line_end(&mut self, from: usize) -> Option<usize> {
        self.line_ends.find(self.bytes, from)
    }

    #[inline]
    pub(crate) fn move_to(&mut self, position: usize) {
        self.position = position;
    }

    /// What is at `range`; `None` where it is not known to be text.
    #[inline]
    pub(crate) fn text(&mut self, range: Range<usize>) -> Option<&'c str> {
        if range.end > self.window.end {
            self.check_ahead(range.clone());
        }
        let start = self.window.start;
        let in_window = range.start.wrapping_sub(start)..range.end.wrapping_sub(start);
        self.window.text?.get(in_window)
    }

    /// Whether the cursor is within bytes that are known not to be text as a whole.
    #[inline]
    pub(crate) fn is_no_text(&self) -> bool {
        self.window.text.is_none() && self.position < self.window.end
    }

    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'c [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// The value at `range`, which lies in the next line.
    #[inline]
    pub(crate) fn value(&mut self, range: Range<usize>) -> Value<'c> {
        match self.text(range.clone()) {
            Some(text) => Value::Text(text),
            None => Value::check(self.bytes(range)),
        }
    }

    /// Checks the value and what comes after it, so far as that is here and in reach.
    #[inline(never)]
    fn check_ahead(&mut self, Range { start, end }: Range<usize>) {
        // A line that does not end here is not read as text.
        let last = self.line_ends.none_from().min(self.bytes.len());
        let reach = start.saturating_add(self.ahead).min(last);
        let end = before_cut_character(self.bytes, reach).max(end);
        let bytes = self.bytes(start..end);
        work::count(bytes.len());
        let text = simdutf8::basic::from_utf8(bytes).ok();
        self.window = Window { start, end, text };
    }
}

/// The end of `bytes[..end]`, less the start of a character that is cut there.
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

    /// The bytes as they came.
    pub(crate) fn as_bytes(self) -> &'c [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Invalid(bytes) => bytes,
        }
    }
}

/// A chunk that is known to be text is never checked again.
///
/// ```
/// use esse_parser::{Chunk, Parser};
///
/// let mut chunk = Chunk::from("data: \u{e9}t\u{e9}\n\n");
/// assert_eq!(Parser::new().next_event(&mut chunk)?.unwrap().data, "\u{e9}t\u{e9}");
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
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
