//! Feature `bytes`: events that share the memory of the chunks.

use alloc::collections::VecDeque;

use ::bytes::Bytes;
use bytestring::ByteString;
use memchr::{memchr2, memrchr2};

use crate::event::MESSAGE;
use crate::line_ends::LineEnds;
use crate::{Chunk, Event, LimitExceeded, Parser};

/// Chunks up to this size are copied: sharing them costs more.
const NOT_SHARED: usize = 16;

/// A parser from [`Bytes`] to events that are slices of them. Feature `bytes`.
///
/// Type and data are slices of the chunk if the event lies whole in one chunk that is valid UTF-8
/// and longer than 16 bytes. If the chunk is not all ASCII, they share one copy of it instead. They
/// keep that memory alive as long as they live. The last event ID is copied when it changes, and
/// shared by all events until then.
///
/// ```
/// use bytes::Bytes;
/// use esse_parser::BytesParser;
///
/// let mut parser = BytesParser::new();
/// parser.push(Bytes::from_static(b"data: a\n\ndata: b\n\n"));
/// assert_eq!(parser.next_event().unwrap()?.data, "a");
/// assert_eq!(parser.next_event().unwrap()?.data, "b");
/// assert!(parser.next_event().is_none());
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Debug, Default)]
pub struct BytesParser {
    parser: Parser,
    last_event_id: ByteString,
    /// The chunks that were pushed and not looked at yet.
    chunks: VecDeque<Bytes>,
    /// The whole lines of the current chunk, and how much of them the parser has read.
    lines: ByteString,
    read: usize,
    line_ends: LineEnds,
    /// The rest of the current chunk: the start of a line.
    tail: Bytes,
    /// Events of bytes that could not be shared.
    copied: VecDeque<Result<BytesEvent, LimitExceeded>>,
}

/// An [`Event`] whose values are reference-counted slices; returned by [`BytesParser`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BytesEvent {
    /// See [`Event::event_type`].
    pub event_type: ByteString,
    /// See [`Event::data`].
    pub data: ByteString,
    /// See [`Event::last_event_id`].
    pub last_event_id: ByteString,
}

impl BytesEvent {
    /// Returns the same event, borrowed.
    pub fn as_event(&self) -> Event<'_> {
        Event {
            event_type: &self.event_type,
            data: &self.data,
            last_event_id: &self.last_event_id,
        }
    }
}

impl BytesParser {
    /// Returns a parser at the start of a stream, with the default limits and no last event ID.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wraps a parser of your own.
    pub fn with_parser(parser: Parser) -> Self {
        Self {
            parser,
            ..Self::default()
        }
    }

    /// Returns the parser. It may be ahead of the events that were returned, but not beyond the
    /// chunk of the last one.
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// Gives the parser back. Call this when [`next_event`](Self::next_event) has returned `None`;
    /// earlier, what was pushed and not returned as an event is lost.
    ///
    /// [`Parser::finish`] then tells if the stream ended inside an event.
    pub fn into_parser(self) -> Parser {
        self.parser
    }

    /// Adds a chunk, from which [`next_event`](Self::next_event) will read. Copies nothing yet.
    pub fn push(&mut self, chunk: Bytes) {
        self.chunks.push_back(chunk);
    }

    /// Returns the next event of the chunks, or `None` when they have been read.
    ///
    /// # Errors
    /// [`LimitExceeded`] if a block was discarded; the next one follows.
    pub fn next_event(&mut self) -> Option<Result<BytesEvent, LimitExceeded>> {
        loop {
            if let Some(event) = self.copied.pop_front() {
                return Some(event);
            }
            if let Some(event) = self.next_shared() {
                return Some(event);
            }
            if self.tail.is_empty() {
                let chunk = self.chunks.pop_front()?;
                self.begin(&chunk);
            } else {
                let tail = core::mem::take(&mut self.tail);
                self.parse_copied(&tail);
            }
        }
    }

    /// The next event of the whole lines.
    #[inline]
    fn next_shared(&mut self) -> Option<Result<BytesEvent, LimitExceeded>> {
        let mut chunk = Chunk::of_text(&self.lines, self.read, self.line_ends);
        let event = match self.parser.next_event(&mut chunk) {
            Ok(Some(event)) => Some(Ok(BytesEvent {
                event_type: event_type(event.event_type, |text| share(&self.lines, text)),
                data: share(&self.lines, event.data),
                last_event_id: update(&mut self.last_event_id, event.last_event_id),
            })),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        };
        (self.read, self.line_ends) = (chunk.position(), chunk.line_ends());
        event
    }

    /// Splits a chunk: its whole lines can be shared, and the parts of cut lines are copied.
    fn begin(&mut self, chunk: &Bytes) {
        if chunk.len() <= NOT_SHARED {
            return self.parse_copied(chunk);
        }
        let start = if self.parser.is_at_line_start() {
            0
        } else {
            first_line_end(chunk)
        };
        let end = memrchr2(b'\n', b'\r', chunk)
            .map_or(start, |n| n + 1)
            .max(start);
        self.parse_copied(&chunk[..start]);
        self.tail = chunk.slice(end..);
        (self.read, self.line_ends) = (0, LineEnds::default());
        self.lines = as_text(chunk.slice(start..end)).unwrap_or_else(|| {
            self.parse_copied(&chunk[start..end]);
            ByteString::new()
        });
    }

    fn parse_copied(&mut self, bytes: &[u8]) {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = self.parser.next_event(&mut chunk).transpose() {
            let event = event.map(|event| BytesEvent {
                event_type: event_type(event.event_type, |text| text.into()),
                data: ByteString::from(event.data),
                last_event_id: update(&mut self.last_event_id, event.last_event_id),
            });
            self.copied.push_back(event);
        }
    }
}

/// Text that is not ASCII is copied. `ByteString` checks UTF-8 with the standard library, which
/// takes longer than simdutf8 and the copy (they read `cjk` half as fast again).
fn as_text(lines: Bytes) -> Option<ByteString> {
    if lines.is_ascii() {
        return ByteString::try_from(lines).ok();
    }
    simdutf8::basic::from_utf8(&lines)
        .ok()
        .map(ByteString::from)
}

fn first_line_end(chunk: &[u8]) -> usize {
    memchr2(b'\n', b'\r', chunk).map_or(chunk.len(), |n| n + 1)
}

fn event_type(event_type: &str, share: impl FnOnce(&str) -> ByteString) -> ByteString {
    match event_type {
        MESSAGE => ByteString::from_static(MESSAGE),
        other => share(other),
    }
}

/// A slice of `lines` if `text` lies in them, otherwise a copy.
fn share(lines: &ByteString, text: &str) -> ByteString {
    let (within, text_range) = (
        lines.as_bytes().as_ptr_range(),
        text.as_bytes().as_ptr_range(),
    );
    if within.start <= text_range.start && text_range.end <= within.end {
        lines.slice_ref(text)
    } else {
        ByteString::from(text)
    }
}

/// The ID, shared with earlier events if it has not changed.
fn update(current: &mut ByteString, id: &str) -> ByteString {
    if id.is_empty() {
        return ByteString::new();
    }
    if **current != *id {
        *current = ByteString::from(id);
    }
    current.clone()
}
