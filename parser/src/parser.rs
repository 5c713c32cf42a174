//! The parser and its builder: what callers feed, and the accessors of what it keeps.

mod cut_block;
mod cut_line;
mod dispatch;
mod process;
#[cfg(all(test, feature = "reference"))]
mod proof;
mod whole_block;

use alloc::boxed::Box;
use alloc::string::String;
use core::time::Duration;

use self::cut_block::CutBlock;
use self::cut_line::CutLine;
use self::dispatch::{Dispatched, Found};
use self::process::{Place, Report};
use crate::block::Held;
use crate::buffer::Buffer;
use crate::{Chunk, Content, Discarded, Event, Item, LimitExceeded, Limits, OwnedEvent};

/// An incremental parser of event streams: bytes in, events out, no I/O.
///
/// Wrap each chunk of the stream in a [`Chunk`] as it arrives, and call
/// [`next_event`](Self::next_event) until it returns `None`. Where the stream was cut into chunks
/// never changes the result. An event is returned as soon as the byte that completes it is there:
/// a CR ends its line at once, and an LF after it is skipped later.
///
/// Every byte sequence has a meaning, so the only error is [`LimitExceeded`]. The work is linear in
/// the length of the input, even for chunks of one byte. If a block lies in one chunk and has its
/// data on one line, the event borrows from the chunk: nothing is allocated, and only the last
/// event ID is copied.
///
/// The standard leaves four things open. An empty `retry` is ignored. A `retry` above [`u64::MAX`]
/// counts as `u64::MAX`. A new connection starts with the last event ID of the one before. The text
/// of a comment is what follows its colon, less one space.
///
/// Standard: HTML, [9.2.5][parsing] and [9.2.6][interpreting].
///
/// [parsing]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
/// [interpreting]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
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
    limits: Limits,
    reports_ignored_lines: bool,
    keeps_last_event: bool,
    place: Place,
    cut_line: CutLine,
    /// Made when a chunk cuts a block. A client that waits for its first event has none.
    cut_block: Option<Box<CutBlock>>,
    held: Held,
    /// A limit was exceeded: the lines up to the next blank one are skipped.
    discarding: bool,
    last_event_id: Buffer,
    reconnection_time: Option<Duration>,
    /// Bytes of the stream read so far.
    offset: u64,
    /// Lines of the stream ended so far.
    lines: u64,
    /// Where the current block begins.
    block_offset: u64,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// Returns a parser at the start of a stream, with [`Limits::DEFAULT`] and no last event ID.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder, which sets limits or the last event ID of an earlier connection.
    pub fn builder() -> ParserBuilder {
        ParserBuilder::default()
    }

    /// Returns the next event of the chunk, or `None` when the whole chunk has been read.
    ///
    /// Comments, of any length, are skipped in constant memory.
    ///
    /// # Errors
    /// [`LimitExceeded`] if a block holds more than the limits allow. The next call skips the rest
    /// of that block and goes on after it.
    // In a call, the event takes the way through memory: `tiny` takes 1.25 times as long, `llm` 1.1.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn next_event<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Event<'a>>, LimitExceeded> {
        if let Some(data) = self.one_line_event(chunk) {
            return Ok(Some(self.create_event(Dispatched::message(data))));
        }
        if let Some(event) = self.next_cut_event(chunk, Self::hold)? {
            return Ok(Some(self.create_event(event)));
        }
        let found = self.next_dispatched(chunk)?;
        Ok(found.map(|event| self.create_event(event)))
    }

    /// Returns the next event with values of its own; like [`next_event`](Self::next_event)
    /// followed by [`Event::into_owned`], but long data that had to be collected is not copied
    /// again.
    ///
    /// # Errors
    /// Like [`next_event`](Self::next_event).
    // As `next_event`; see also `next_owned`.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn next_owned_event(
        &mut self,
        chunk: &mut Chunk<'_>,
    ) -> Result<Option<OwnedEvent>, LimitExceeded> {
        self.next_owned(chunk, |event| event).transpose()
    }

    /// The next event with values of its own, or an error, in what `wrap` makes of it.
    ///
    /// `wrap` makes what the caller itself returns, so that the event is written where it stays. If
    /// it is put into one `Result` and `Option` after another, it is copied right after it was
    /// written, which a processor is slow at: `EventStream` takes 1.3 times as long (`llm`).
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn next_owned<T>(
        &mut self,
        chunk: &mut Chunk<'_>,
        wrap: impl Fn(Result<OwnedEvent, LimitExceeded>) -> T,
    ) -> Option<T> {
        match self.next_cut_event(chunk, Self::create_owned_event) {
            Ok(None) => {}
            Ok(Some(event)) => {
                // By its fields, since a copy of the whole would wait for what was just written.
                let OwnedEvent {
                    event_type,
                    data,
                    last_event_id,
                    has_id,
                } = event;
                return Some(wrap(Ok(OwnedEvent {
                    event_type,
                    data,
                    last_event_id,
                    has_id,
                })));
            }
            Err(error) => return Some(wrap(Err(error))),
        }
        let found = match self.one_line_event(chunk) {
            Some(data) => Dispatched::message(data),
            None => match self.next_dispatched(chunk) {
                Ok(found) => found?,
                Err(error) => return Some(wrap(Err(error))),
            },
        };
        Some(wrap(Ok(self.create_owned_event(found))))
    }

    /// The next event that is not a single line of data.
    #[inline]
    fn next_dispatched<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Dispatched<'c>>, LimitExceeded> {
        if chunk.is_empty() {
            return Ok(None);
        }
        if self.is_at_block_start() {
            let event = self.whole_blocks(chunk);
            if event.is_some() || chunk.is_empty() {
                return Ok(event);
            }
        }
        match self.process(chunk, Report::Events)? {
            Some(Found::Event(event)) => Ok(Some(event)),
            _ => Ok(None),
        }
    }

    /// Returns the next [`Item`] of the chunk, or `None` when the whole chunk has been read: an event,
    /// a comment, a reconnection time, an ID without an event, or, if
    /// [asked for](ParserBuilder::ignored_lines), a line that the standard ignores.
    ///
    /// See [`Item`] for an example. A comment whose first bytes were read by
    /// [`next_event`](Self::next_event) is not reported.
    ///
    /// # Errors
    /// Like [`next_event`](Self::next_event); comments have a limit, too. The event of a block whose
    /// comment is over it is returned all the same.
    pub fn next_item<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Item<'a>>, LimitExceeded> {
        let report = if self.reports_ignored_lines {
            Report::Everything
        } else {
            Report::Items
        };
        self.split_cut_block()?;
        let found = self.process(chunk, report)?;
        Ok(found.map(|found| self.item(found)))
    }

    /// Returns the last event of a stream whose end came instead of the blank line, if the parser
    /// was [built to keep it](ParserBuilder::keep_last_event). Call this when the source has ended
    /// without an error, before [`finish`](Self::finish).
    ///
    /// # Errors
    /// Like [`next_event`](Self::next_event).
    pub fn last_event(&mut self) -> Result<Option<Event<'_>>, LimitExceeded> {
        if !self.keeps_last_event || self.unfinished().content != Content::Data {
            return Ok(None);
        }
        self.cut_line.ignore_unless_field();
        // One LF may belong to a CR, one ends the line, and one is the blank line.
        self.next_event(&mut Chunk::new(b"\n\n\n"))
    }

    /// Returns what [`finish`](Self::finish) would discard now, and changes nothing.
    pub fn unfinished(&self) -> Discarded {
        if self.place == Place::InBlock {
            return self.unfinished_cut_block();
        }
        let is_line_cut = match self.place {
            Place::InLine => true,
            Place::Bom(matched) => matched > 0,
            Place::LineStart | Place::AfterCr | Place::InBlock => false,
        };
        let cut = match self.place {
            // However it was cut: what it had was reported as an error.
            _ if self.discarding => Content::Fields,
            Place::InLine => self.cut_line.content(),
            _ if is_line_cut => Content::Fields,
            _ => Content::Nothing,
        };
        Discarded {
            offset: self.block_offset,
            bytes: self.offset - self.block_offset,
            content: self.held.content().max(cut),
            is_line_cut,
        }
    }

    /// Ends the stream: discards an unfinished block, returns what was discarded, and prepares the
    /// parser for the next stream.
    ///
    /// At the end of a stream a line without a line end is ignored, and a block without a blank
    /// line dispatches no event and sets no last event ID (9.2.6). The last event ID and the
    /// reconnection time of finished blocks are kept for the next connection.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// let mut chunk = Chunk::new(b"id: 7\ndata: whole\n\nid: 8\ndata: ha");
    /// while parser.next_event(&mut chunk)?.is_some() {}
    /// // The connection breaks here.
    /// let discarded = parser.finish();
    /// assert!(discarded.had_data());
    /// assert_eq!((discarded.offset, discarded.bytes), (19, 14));
    ///
    /// // The request of the next connection sends `Last-Event-ID: 7`.
    /// assert_eq!(parser.last_event_id(), "7");
    /// let mut chunk = Chunk::new(b"data: new\n\n");
    /// let event = parser.next_event(&mut chunk)?.unwrap();
    /// assert_eq!((event.data, event.last_event_id), ("new", "7"));
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    pub fn finish(&mut self) -> Discarded {
        let discarded = self.unfinished();
        self.place = Place::Bom(0);
        self.held.discard();
        self.discarding = false;
        self.offset = 0;
        self.lines = 0;
        self.block_offset = 0;
        discarded
    }

    /// Returns the last event ID string, or `""` if none has been set.
    ///
    /// A client sends it as `Last-Event-ID` when it reconnects (9.2.4). An `id` field takes effect
    /// with the blank line that ends its block, whether the block has data or not.
    pub fn last_event_id(&self) -> &str {
        self.last_event_id.as_str()
    }

    /// Returns the reconnection time that the last valid `retry` field set, if there was one.
    ///
    /// A `retry` field takes effect when its line ends, not with its block.
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }
}

/// Configures a [`Parser`]; made by [`Parser::builder`].
///
/// ```
/// use esse_parser::{Chunk, Limits, Parser};
///
/// let mut parser = Parser::builder()
///     .limits(Limits::DEFAULT.with_data(1 << 20))
///     .last_event_id("41")
///     .build();
/// let mut chunk = Chunk::new(b"data: x\n\n");
/// assert_eq!(parser.next_event(&mut chunk)?.unwrap().last_event_id, "41");
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ParserBuilder {
    limits: Limits,
    last_event_id: String,
    reports_ignored_lines: bool,
    keeps_last_event: bool,
}

impl ParserBuilder {
    /// Sets how much one block may hold. The default is [`Limits::DEFAULT`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the last event ID of an earlier connection, which the request sent as `Last-Event-ID`.
    /// Events have it until the stream sets another.
    ///
    /// Taken literally, 9.2.6 starts every stream with an empty last event ID. Every browser keeps
    /// the old one, and resuming depends on that.
    #[must_use]
    pub fn last_event_id(mut self, id: impl Into<String>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Reports lines that the standard ignores for their name, as [`Item::Ignored`], from
    /// [`Parser::next_item`]. Off by default.
    #[must_use]
    pub fn ignored_lines(mut self, report: bool) -> Self {
        self.reports_ignored_lines = report;
        self
    }

    /// Keeps the last event of a stream that ends without the blank line after it. Off by default,
    /// since the standard discards it (9.2.6): it may be cut off.
    ///
    /// The adapters then return it at the end of their source, but never if that is an error. With a
    /// parser of your own, call [`Parser::last_event`].
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::builder().keep_last_event(true).build();
    /// assert_eq!(parser.next_event(&mut Chunk::new(b"data: no blank line"))?, None);
    /// assert_eq!(parser.last_event()?.unwrap().data, "no blank line");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    #[must_use]
    pub fn keep_last_event(mut self, keep: bool) -> Self {
        self.keeps_last_event = keep;
        self
    }

    /// Returns the parser, at the start of a stream.
    pub fn build(self) -> Parser {
        Parser {
            limits: self.limits,
            reports_ignored_lines: self.reports_ignored_lines,
            keeps_last_event: self.keeps_last_event,
            place: Place::Bom(0),
            cut_line: CutLine::default(),
            cut_block: None,
            held: Held::default(),
            discarding: false,
            last_event_id: self.last_event_id.into(),
            reconnection_time: None,
            offset: 0,
            lines: 0,
            block_offset: 0,
        }
    }
}
