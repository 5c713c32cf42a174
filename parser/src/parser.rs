use alloc::string::String;
use core::time::Duration;

use crate::advance::{Found, Read, Report};
use crate::block::{Fields, Held, Text};
use crate::event::MESSAGE;
use crate::line::{PartialLine, Resume};
use crate::whole_block::WholeBlock;
use crate::{Builder, Chunk, Discarded, Event, Item, LimitExceeded, Limits};

/// The parser of one event stream after another: bytes in, events out, no I/O.
///
/// Feed it the stream in chunks cut anywhere; the cuts never change the result.
/// An event is handed out as soon as the byte that completes it is there: a CR
/// ends its line at once, and a LF after it is swallowed later.
///
/// Every byte sequence has a meaning; the only error is [`LimitExceeded`].
/// Work is linear in the input for chunks of one byte too. A block whose data
/// lie in one chunk on one line is borrowed from the chunk: nothing is
/// allocated, and only its last event ID is copied.
///
/// Where the standard is silent: an empty `retry` is ignored, one over
/// [`u64::MAX`] counts as that, and a new connection goes on with the last
/// event ID of the one before.
///
/// Standard: HTML, [9.2.5](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
/// and [9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
///
/// ```
/// use esse_parser::{Chunk, Parser};
///
/// let mut parser = Parser::new();
/// let mut seen = Vec::new();
/// for bytes in [&b"data: fir"[..], b"st\r\n\r", b"\ndata:second\n\n"] {
///     let mut chunk = Chunk::new(bytes);
///     while let Some(event) = parser.next_event(&mut chunk)? {
///         seen.push(event.data.to_owned());
///     }
/// }
/// assert_eq!(seen, ["first", "second"]);
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug)]
pub struct Parser {
    pub(crate) limits: Limits,
    pub(crate) resume: Resume,
    pub(crate) partial: PartialLine,
    pub(crate) held: Held,
    /// A limit was exceeded: the lines up to the next blank one are not looked at.
    pub(crate) discarding: bool,
    pub(crate) last_event_id: String,
    pub(crate) reconnection_time: Option<Duration>,
    /// Bytes of the stream read so far.
    pub(crate) offset: u64,
    /// Lines of the stream ended so far.
    pub(crate) lines: u64,
    /// Where the block begins that is being read.
    pub(crate) block_offset: u64,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser at the start of a stream, with [`Limits::DEFAULT`] and no last event ID.
    ///
    /// ```
    /// assert_eq!(esse_parser::Parser::new().last_event_id(), "");
    /// ```
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets limits, or the last event ID of an earlier connection.
    ///
    /// ```
    /// let parser = esse_parser::Parser::builder().last_event_id("41").build();
    /// assert_eq!(parser.last_event_id(), "41");
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn with(limits: Limits, last_event_id: String) -> Self {
        Self {
            limits,
            resume: Resume::Bom(0),
            partial: PartialLine::default(),
            held: Held::default(),
            discarding: false,
            last_event_id,
            reconnection_time: None,
            offset: 0,
            lines: 0,
            block_offset: 0,
        }
    }

    /// The next event of the chunk; `None` where the chunk is used up.
    ///
    /// Comments, of any length, are skipped in constant memory.
    ///
    /// # Errors
    /// [`LimitExceeded`] where a block holds more than the limits allow. The rest
    /// of that block is skipped by the next call, which goes on after it.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// let mut chunk = Chunk::new(b": a comment\ndata: x\n\ndata: unfinished\n");
    /// assert_eq!(parser.next_event(&mut chunk)?.unwrap().data, "x");
    /// assert_eq!(parser.next_event(&mut chunk)?, None);
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    #[inline]
    pub fn next_event<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Event<'a>>, LimitExceeded> {
        if chunk.is_small() && self.read_fragment(chunk) {
            return Ok(None);
        }
        self.next_event_of_lines(chunk)
    }

    #[inline(never)]
    fn next_event_of_lines<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Event<'a>>, LimitExceeded> {
        loop {
            if let Some(block) = self.whole_event(chunk) {
                return Ok(Some(self.event_of_whole(block)));
            }
            match self.advance(chunk, Report::Events)? {
                Read::Found(Found::Event { event_type, data }) => {
                    return Ok(Some(self.event(event_type, data)));
                }
                Read::Found(_) | Read::Block => {}
                Read::Lines => return Ok(None),
            }
        }
    }

    /// The next event, comment or reconnection time of the chunk; `None` where the chunk is used up.
    ///
    /// A comment that began while [`next_event`](Self::next_event) was called is not reported.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event); comments have a limit too.
    ///
    /// ```
    /// use esse_parser::{Chunk, Item, Parser};
    ///
    /// let mut parser = Parser::new();
    /// let mut chunk = Chunk::new(b": keep-alive\n\n");
    /// assert_eq!(parser.next_item(&mut chunk)?, Some(Item::Comment("keep-alive")));
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn next_item<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Item<'a>>, LimitExceeded> {
        loop {
            if let Some(block) = self.whole_event(chunk) {
                return Ok(Some(Item::Event(self.event_of_whole(block))));
            }
            let found = match self.advance(chunk, Report::Items)? {
                Read::Found(found) => found,
                Read::Block => continue,
                Read::Lines => return Ok(None),
            };
            return Ok(Some(match found {
                Found::Event { event_type, data } => Item::Event(self.event(event_type, data)),
                Found::Comment(text) => Item::Comment(text.resolve(&self.held.comment)),
                Found::ReconnectionTime(time) => Item::ReconnectionTime(time),
            }));
        }
    }

    /// The end of the stream: says what is thrown away, and makes ready for the next one.
    ///
    /// A line without an end is no line, and a block without a blank line
    /// dispatches nothing and commits no last event ID (9.2.6). Does the same as
    /// [`reset`](Self::reset) afterwards.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// parser.next_event(&mut Chunk::new(b"id: 1\ndata: x\n"))?;
    /// assert!(parser.finish().data);
    /// assert_eq!(parser.last_event_id(), "");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn finish(&mut self) -> Discarded {
        let discarded = Discarded {
            offset: self.block_offset,
            bytes: self.offset - self.block_offset,
            data: self.held.fields.data,
        };
        self.reset();
        discarded
    }

    /// Makes ready for the next connection: keeps the last event ID and the reconnection time.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// parser.next_event(&mut Chunk::new(b"id: 7\n\ndata: lost"))?;
    /// parser.reset();
    ///
    /// let mut chunk = Chunk::new(b"\xef\xbb\xbfdata: new\n\n");
    /// let event = parser.next_event(&mut chunk)?.unwrap();
    /// assert_eq!((event.data, event.last_event_id), ("new", "7"));
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn reset(&mut self) {
        self.resume = Resume::Bom(0);
        self.held.fields = Fields::default();
        self.discarding = false;
        self.offset = 0;
        self.lines = 0;
        self.block_offset = 0;
    }

    /// The last event ID string: what the last blank line committed, `""` where nothing was.
    ///
    /// This is what a client sends as `Last-Event-ID` when it reconnects (9.2.4).
    /// An `id` field counts from the end of its block on, with or without data.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// parser.next_event(&mut Chunk::new(b"id: 7\n\nid: 8\n"))?;
    /// assert_eq!(parser.last_event_id(), "7");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The reconnection time that the last valid `retry` field set, `None` where there was none.
    ///
    /// ```
    /// use std::time::Duration;
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// parser.next_event(&mut Chunk::new(b"retry: 1500\n"))?;
    /// assert_eq!(parser.reconnection_time(), Some(Duration::from_millis(1500)));
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// Whether the next byte begins a line that is not part of an earlier chunk's.
    #[cfg(feature = "bytes")]
    pub(crate) fn is_at_line_start(&self) -> bool {
        self.resume != Resume::MidLine
    }

    fn event<'a, 'c: 'a>(&'a self, event_type: Option<Text<'c>>, data: Text<'c>) -> Event<'a> {
        Event {
            event_type: named(event_type.map_or("", |text| text.resolve(&self.held.event_type))),
            data: self.data(data),
            last_event_id: &self.last_event_id,
        }
    }

    #[inline]
    fn event_of_whole<'a, 'c: 'a>(&'a self, block: WholeBlock<'c>) -> Event<'a> {
        Event {
            event_type: named(block.event_type),
            data: self.data(block.data),
            last_event_id: &self.last_event_id,
        }
    }

    #[inline]
    fn data<'a, 'c: 'a>(&'a self, data: Text<'c>) -> &'a str {
        match data {
            Text::Chunk(data) => data,
            Text::Held => self.held.data_text(),
        }
    }
}

/// Dispatch steps 5 and 6: the type is "message" unless the buffer holds another.
#[inline]
fn named(event_type: &str) -> &str {
    if event_type.is_empty() {
        MESSAGE
    } else {
        event_type
    }
}

#[cfg(all(test, feature = "reference"))]
impl Parser {
    /// Overwrites the leftovers of lines and blocks that are done: two parsers that have read the
    /// same bytes are then equal, and one that looks at a leftover goes wrong.
    pub(crate) fn poison(&mut self) {
        self.held.poison();
        if self.resume != Resume::MidLine {
            self.partial.begin(u64::MAX);
        }
        self.partial.poison(&mut self.held.value);
    }
}
