use alloc::collections::VecDeque;

use ::bytes::Bytes;
use bytestring::ByteString;
use memchr::{memchr2, memrchr2};

use crate::{Chunk, Event, LimitExceeded, Parser, event::MESSAGE};

/// A parser from [`Bytes`] to events that are slices of them. Feature `bytes`.
///
/// Type and data share the chunk's memory wherever an event lies whole in one
/// chunk that is valid UTF-8; they keep that chunk alive as long as they live.
/// The last event ID is copied when it changes, and shared by all events until then.
///
/// ```
/// use bytes::Bytes;
/// use esse_parser::BytesParser;
///
/// let mut parser = BytesParser::default();
/// parser.push(&Bytes::from_static(b"data: a\n\ndata: b\n\n"));
/// assert_eq!(parser.next_event().unwrap()?.data, "a");
/// assert_eq!(parser.next_event().unwrap()?.data, "b");
/// assert!(parser.next_event().is_none());
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Debug, Default)]
pub struct BytesParser {
    parser: Parser,
    last_event_id: ByteString,
    ready: VecDeque<Result<BytesEvent, LimitExceeded>>,
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
    /// parser.push(&Bytes::from_static(b"data\n\n"));
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
    /// ```
    /// assert_eq!(esse_parser::BytesParser::default().parser().last_event_id(), "");
    /// ```
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// Parses a chunk; its events are ready then.
    ///
    /// ```
    /// let mut parser = esse_parser::BytesParser::default();
    /// parser.push(&bytes::Bytes::from_static(b"data: unfinished"));
    /// assert!(parser.next_event().is_none());
    /// ```
    pub fn push(&mut self, chunk: &Bytes) {
        // Only whole lines can be shared; what the cuts left of a line goes through the parser.
        let start = if self.parser.is_at_line_start() {
            0
        } else {
            first_line_end(chunk)
        };
        let end = memrchr2(b'\n', b'\r', chunk)
            .map_or(start, |n| n + 1)
            .max(start);
        self.push_copied(&chunk[..start]);
        match ByteString::try_from(chunk.slice(start..end)) {
            Ok(lines) => self.push_shared(&lines),
            Err(_) => self.push_copied(&chunk[start..end]),
        }
        self.push_copied(&chunk[end..]);
    }

    /// The next event that is ready; `None` where another chunk is wanted.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] where a block was discarded; the next one follows.
    ///
    /// ```
    /// assert!(esse_parser::BytesParser::default().next_event().is_none());
    /// ```
    pub fn next_event(&mut self) -> Option<Result<BytesEvent, LimitExceeded>> {
        self.ready.pop_front()
    }

    fn push_shared(&mut self, lines: &ByteString) {
        let mut chunk = Chunk::from(&**lines);
        self.push_chunk(&mut chunk, |text| share(lines, text));
    }

    fn push_copied(&mut self, bytes: &[u8]) {
        self.push_chunk(&mut Chunk::new(bytes), |text| ByteString::from(text));
    }

    fn push_chunk(&mut self, chunk: &mut Chunk<'_>, share: impl Fn(&str) -> ByteString) {
        while let Some(event) = self.parser.next_event(chunk).transpose() {
            let event = event.map(|event| BytesEvent {
                event_type: event_type(event.event_type, &share),
                data: share(event.data),
                last_event_id: update(&mut self.last_event_id, event.last_event_id),
            });
            self.ready.push_back(event);
        }
    }
}

fn first_line_end(chunk: &[u8]) -> usize {
    memchr2(b'\n', b'\r', chunk).map_or(chunk.len(), |n| n + 1)
}

fn event_type(event_type: &str, share: impl Fn(&str) -> ByteString) -> ByteString {
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

fn update(current: &mut ByteString, id: &str) -> ByteString {
    if *current != *id {
        *current = ByteString::from(id);
    }
    current.clone()
}
