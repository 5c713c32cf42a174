use core::ops::Range;

use memchr::{memchr2, memrchr2};

use crate::work;

/// How far ahead the UTF-8 check goes at once, in bytes.
const WINDOW: usize = 32 * 1024;

/// How much of a line is looked at by hand, in bytes, before memchr is called.
const BY_HAND: usize = 32;

/// A cursor over one chunk of an event stream.
///
/// The bytes stay the caller's. [`Parser::next_event`](crate::Parser::next_event) moves the cursor
/// on; what it has not read yet stays in the chunk, so a loop over it may be
/// left and taken up again at any point.
///
/// It also remembers which part of the chunk is known to be valid UTF-8: the
/// parser checks windows of whole lines at once, and each value is then a slice
/// of a `&str`. One check of 32 KiB costs far less than a check per value.
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
    /// Where the last whole line ends, once that was looked for.
    lines_end: Option<usize>,
    /// Before this, and after the cursor, there is no line end.
    scanned: usize,
    window: Window<'c>,
}

/// A run of whole lines whose UTF-8 was checked.
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
    pub const fn new(bytes: &'c [u8]) -> Self {
        Self {
            bytes,
            position: 0,
            lines_end: None,
            scanned: 0,
            window: Window {
                start: 0,
                end: 0,
                text: None,
            },
        }
    }

    /// What the parser has not read yet.
    ///
    /// ```
    /// assert_eq!(esse_parser::Chunk::new(b"data").remaining(), b"data");
    /// ```
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

    /// Reads the next line where it is whole, and gives it without its end; leaves the cursor alone
    /// where its end is not here.
    ///
    /// A CR ends its line at once; a LF right after it in this chunk goes with it (9.2.5, end-of-line).
    #[inline]
    pub(crate) fn next_line(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        let lines_end = self.lines_end();
        let scanned = start.max(self.scanned);
        let end = scanned + find_line_end(self.bytes.get(scanned..lines_end)?)?;
        self.skip_line_end(end);
        Some(start..end)
    }

    /// Moves past the line end at `end`.
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

    /// What comes next and is known to be text: whole lines, checked ahead as a window. Empty where
    /// the window is not valid, or no line is whole.
    #[inline]
    pub(crate) fn text(&mut self) -> &'c str {
        if self.position >= self.window.end {
            self.check_window();
        }
        let start = self.position.wrapping_sub(self.window.start);
        let text = self.window.text.and_then(|text| text.get(start..));
        text.unwrap_or_default()
    }

    /// Moves past `count` bytes of what [`text`](Self::text) gave.
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.position += count;
    }

    /// Checks the whole lines in reach of the cursor.
    #[inline(never)]
    fn check_window(&mut self) {
        let start = self.position;
        let reach = self.lines_end().min(start + WINDOW);
        let found = memrchr2(b'\n', b'\r', self.bytes(start..reach));
        match found {
            Some(end) => self.check(start..start + end + 1),
            None => self.scanned = reach,
        }
        work::count(reach - self.window.end.max(self.scanned));
    }

    /// Where the last whole line ends; the cursor where there is none.
    #[inline]
    fn lines_end(&mut self) -> usize {
        match self.lines_end {
            Some(end) => end,
            None => self.find_lines_end(),
        }
    }

    fn find_lines_end(&mut self) -> usize {
        let rest = self.remaining();
        let found = memrchr2(b'\n', b'\r', rest).map_or(0, |n| n + 1);
        work::count(rest.len() - found);
        *self.lines_end.insert(self.position + found)
    }

    /// Reads the rest of the chunk.
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

    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'c [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// The value at `range` of the line that begins at `line`.
    #[inline]
    pub(crate) fn value(&mut self, line: usize, range: Range<usize>) -> Value<'c> {
        if range.end > self.window.end {
            self.check_from(line, range.end);
        }
        let base = self.window.start;
        let in_window = range.start.wrapping_sub(base)..range.end.wrapping_sub(base);
        match self.window.text.and_then(|text| text.get(in_window)) {
            Some(text) => Value::Text(text),
            None => Value::check(self.bytes(range)),
        }
    }

    /// Checks a window of whole lines: from `start`, over `line_end`, up to the last line end in reach.
    #[inline(never)]
    fn check_from(&mut self, start: usize, line_end: usize) {
        let reach = (start + WINDOW).clamp(line_end, self.bytes.len());
        let found = memrchr2(b'\n', b'\r', self.bytes(line_end..reach));
        let end = found.map_or(line_end, |n| line_end + n);
        work::count(reach - end);
        self.check(start..end);
    }

    fn check(&mut self, Range { start, end }: Range<usize>) {
        work::count(end - start);
        let text = simdutf8::basic::from_utf8(self.bytes(start..end)).ok();
        self.window = Window { start, end, text };
    }
}

/// Where the line ends that begins here.
#[inline]
pub(crate) fn find_line_end(bytes: &[u8]) -> Option<usize> {
    let found = scan_line_end(bytes);
    work::count(found.unwrap_or(bytes.len()));
    found
}

#[inline]
fn scan_line_end(bytes: &[u8]) -> Option<usize> {
    let by_hand = bytes.len().min(BY_HAND);
    for (n, word) in bytes[..by_hand].chunks_exact(8).enumerate() {
        let found = line_ends(u64::from_le_bytes(word.try_into().ok()?));
        if found != 0 {
            return Some(n * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let scanned = by_hand & !7;
    let rest = &bytes[scanned..];
    let found = if rest.len() < 8 {
        rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
    } else {
        memchr2(b'\n', b'\r', rest)
    };
    found.map(|n| scanned + n)
}

/// The high bit of each byte that is LF or CR, right up to the first of them.
const fn line_ends(word: u64) -> u64 {
    const LF: u64 = u64::from_le_bytes([b'\n'; 8]);
    const CR: u64 = u64::from_le_bytes([b'\r'; 8]);
    zero_bytes(word ^ LF) | zero_bytes(word ^ CR)
}

const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(u64::from_le_bytes([1; 8])) & !word & u64::from_le_bytes([0x80; 8])
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
        let window = Window {
            start: 0,
            end: text.len(),
            text: Some(text),
        };
        Self {
            bytes: text.as_bytes(),
            position: 0,
            lines_end: None,
            scanned: 0,
            window,
        }
    }
}

impl<'c> From<&'c [u8]> for Chunk<'c> {
    fn from(bytes: &'c [u8]) -> Self {
        Self::new(bytes)
    }
}
