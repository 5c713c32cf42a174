use alloc::collections::VecDeque;

use ::bytes::Bytes;
use bytestring::ByteString;
use memchr::{memchr2, memrchr2};

use crate::event::MESSAGE;
use crate::line_ends::LineEnds;
use crate::{Chunk, Event, LimitExceeded, Parser};

/// A chunk of at most so many bytes is copied: to count who shares it costs more.
const NOT_SHARED: usize = 16;

/// A parser from [`Bytes`] to events that are slices of them. Feature `bytes`.
///
/// Type and data share the chunk's memory wherever an event lies whole in one
/// chunk that is valid UTF-8 and longer than 16 bytes, or share one copy of it
/// where it is not all ASCII; they keep it alive as long as they live.
/// The last event ID is copied when it changes, and shared by all events until then.
///
/// ```
/// use bytes::Bytes;
/// use esse_parser::BytesParser;
///
/// let mut parser = BytesParser::default();
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
    /// What was pushed and not looked at yet.
    chunks: VecDeque<Bytes>,
    /// The whole lines of a chunk, and how far they were read.
    lines: ByteString,
    read: usize,
    line_ends: LineEnds,
    /// What comes after them: the start of a line.
    tail: Bytes,
    /// Events that share nothing, of bytes that were copied.
    copied: VecDeque<Result<BytesEvent, LimitExceeded>>,
}

/// An [`Event`] whose values are reference-counted slices; from [`BytesParser`].
///
/// ```
/// use esse_parser::BytesEvent;
///
/// let event = BytesEvent {
///     event_type: "message".into(),
///     data: "x".into(),
///     last_event_id: "".into(),
/// };
/// assert_eq!(event.as_event().data, "x");
/// ```
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
    /// The same event, borrowed.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use esse_parser::BytesParser;
    ///
    /// let mut parser = BytesParser::default();
    /// parser.push(Bytes::from_static(b"data\n\n"));
    /// assert_eq!(parser.next_event().unwrap()?.as_event().event_type, "message");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn as_event(&self) -> Event<'_> {
        Event {
            event_type: &self.event_type,
            data: &self.data,
            last_event_id: &self.last_event_id,
        }
    }
}

impl BytesParser {
    /// Wraps a parser that has limits or a last event ID set.
    ///
    /// ```
    /// use esse_parser::{BytesParser, Parser};
    ///
    /// let parser = BytesParser::new(Parser::builder().last_event_id("7").build());
    /// assert_eq!(parser.parser().last_event_id(), "7");
    /// ```
    pub fn new(parser: Parser) -> Self {
        Self {
            parser,
            ..Self::default()
        }
    }

    /// The parser, with the last event ID and the reconnection time so far.
    ///
    /// It has read what the events handed out so far needed, and maybe more of the chunk.
    ///
    /// ```
    /// assert_eq!(esse_parser::BytesParser::default().parser().last_event_id(), "");
    /// ```
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// Takes a chunk, which [`next_event`](Self::next_event) will parse. Copies nothing.
    ///
    /// ```
    /// let mut parser = esse_parser::BytesParser::default();
    /// parser.push(bytes::Bytes::from_static(b"data: unfinished"));
    /// assert!(parser.next_event().is_none());
    /// ```
    pub fn push(&mut self, chunk: Bytes) {
        self.chunks.push_back(chunk);
    }

    /// The next event of the chunks; `None` where another chunk is wanted.
    ///
    /// # Errors
    /// [`LimitExceeded`] where a block was discarded; the next one follows.
    ///
    /// ```
    /// assert!(esse_parser::BytesParser::default().next_event().is_none());
    /// ```
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

    /// Parts a chunk: only whole lines can be shared; what the cuts left of a line is copied.
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

/// What is not ASCII is copied: `ByteString` checks with the standard library, and takes longer for
/// it than simdutf8 and the copy do (events of `cjk` come half as fast again).
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

/// A slice of `lines` where `text` lies in them, else a copy.
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

/// The ID, shared with the events before it where it did not change.
fn update(current: &mut ByteString, id: &str) -> ByteString {
    if id.is_empty() {
        return ByteString::new();
    }
    if **current != *id {
        *current = ByteString::from(id);
    }
    current.clone()
}
