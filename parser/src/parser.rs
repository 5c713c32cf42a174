use alloc::string::String;
use core::{ops::Range, time::Duration};

use crate::{
    Builder, Chunk, Discarded, Event, Item, LimitExceeded, LimitKind, Limits,
    block::{Block, Held, Text, refill},
    chunk::find_line_end,
    event::MESSAGE,
    field::{self, Field, LineKind, Retry},
    line::{LineEnd, PartialLine, Resume, strip_bom},
    walk::Walk,
};

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
    resume: Resume,
    partial: PartialLine,
    held: Held,
    /// A limit was exceeded: the lines up to the next blank one are not looked at.
    discarding: bool,
    last_event_id: String,
    reconnection_time: Option<Duration>,
    /// Bytes of the stream read so far.
    offset: u64,
    /// Lines of the stream ended so far.
    lines: u64,
    /// Where the block begins that is being read.
    block_offset: u64,
}

/// Whether the caller hears of comments and reconnection times.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Report {
    Events,
    Items,
}

/// What one step found, with the texts still in the chunk or in [`Held`].
enum Found<'c> {
    Event {
        event_type: Option<Text<'c>>,
        data: Text<'c>,
    },
    Comment(Text<'c>),
    ReconnectionTime(Duration),
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
    ///
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
        Ok(match self.advance(chunk, Report::Events)? {
            Some(Found::Event { event_type, data }) => Some(self.event(event_type, data)),
            _ => None,
        })
    }

    /// The next event, comment or reconnection time of the chunk; `None` where the chunk is used up.
    ///
    /// A comment that began while [`next_event`](Self::next_event) was called is not reported.
    ///
    /// # Errors
    ///
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
        let found = self.advance(chunk, Report::Items)?;
        Ok(found.map(|found| match found {
            Found::Event { event_type, data } => Item::Event(self.event(event_type, data)),
            Found::Comment(text) => Item::Comment(text.resolve(&self.held.value)),
            Found::ReconnectionTime(time) => Item::ReconnectionTime(time),
        }))
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
            data: self.held.block.data.is_some(),
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
        self.held.block = Block::default();
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
        // Dispatch steps 5 and 6: the type is "message" unless the buffer holds another.
        let named = event_type.map_or("", |text| text.resolve(&self.held.event_type));
        Event {
            event_type: if named.is_empty() { MESSAGE } else { named },
            data: data.resolve(&self.held.data),
            last_event_id: &self.last_event_id,
        }
    }

    /// Reads up to what the caller wants to hear of, or to the end of the chunk.
    #[inline]
    fn advance<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        if self.resume != Resume::LineStart {
            if let Some(found) = self.resume(chunk, report)? {
                return Ok(Some(found));
            }
        }
        if chunk.is_empty() {
            return Ok(None);
        }
        if self.discarding || !self.held.block.is_empty() {
            let block = core::mem::take(&mut self.held.block);
            return self.walk_lines(chunk, block, report);
        }
        match self.walk(chunk, report) {
            (block, Some(data)) => Ok(Some(self.dispatch_event(block, data))),
            (block, None) => self.walk_lines(chunk, block, report),
        }
    }

    /// The fast path: a block that lies whole in text that was checked, or the start of one.
    #[inline]
    fn walk<'c>(&mut self, chunk: &mut Chunk<'c>, report: Report) -> (Block<'c>, Option<Text<'c>>) {
        let mut walk = Walk::new(chunk.text());
        let data = walk.next_event(&mut self.held, &self.limits, report == Report::Items);
        chunk.skip(walk.read());
        self.offset += walk.read() as u64;
        self.lines += walk.lines;
        if let Some(read) = walk.read_after_block() {
            self.block_offset = self.offset - read as u64;
        }
        (walk.block, data)
    }

    /// Any other lines that lie whole in the chunk.
    #[inline(never)]
    fn walk_lines<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        mut block: Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        while let Some(line) = chunk.next_line() {
            let offset = self.offset;
            self.end_line(
                (chunk.position() - line.start) as u64,
                chunk.ends_in_open_cr(),
            );
            match self.process_line(chunk, line, &mut block, report) {
                Ok(None) => {}
                Ok(Some(event @ Found::Event { .. })) => return Ok(Some(event)),
                Ok(found) => {
                    self.held.keep(block);
                    return Ok(found);
                }
                Err(kind) => return Err(self.exceeded(kind, offset)),
            }
        }
        self.held.keep(block);
        self.begin_partial_line(chunk, report)?;
        Ok(None)
    }

    /// 9.2.6: the lines must be processed, as follows.
    #[inline]
    fn process_line<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        line: Range<usize>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitKind> {
        let start = line.start;
        let (kind, value) = LineKind::of(chunk.bytes(line.clone()));
        let value = start + value..line.end;
        match kind {
            LineKind::Blank => return Ok(self.dispatch(block)),
            _ if self.discarding => {}
            LineKind::Field(Field::Retry) => {
                return Ok(self.process_retry(chunk.bytes(value), report));
            }
            LineKind::Field(field) => {
                let value = chunk.value(start, value);
                field::process(field, &mut self.held, block, &self.limits, value)?;
            }
            LineKind::Comment if report == Report::Items => {
                let value = chunk.value(start, value);
                let text = Text::of(value, &mut self.held.value, self.limits.comment);
                return Ok(Some(Found::Comment(text.ok_or(LimitKind::Comment)?)));
            }
            LineKind::Comment | LineKind::Other => {}
        }
        Ok(None)
    }

    fn process_retry<'c>(&mut self, value: &[u8], report: Report) -> Option<Found<'c>> {
        let mut retry = Retry::default();
        retry.push(value);
        self.set_reconnection_time(retry.finish()?, report)
    }

    /// 9.2.6, "dispatch the event": what a blank line does.
    #[inline]
    fn dispatch<'c>(&mut self, block: &mut Block<'c>) -> Option<Found<'c>> {
        // Steps 2 and 7: the buffers are empty afterwards, with or without an event.
        let block = core::mem::take(block);
        self.discarding = false;
        self.block_offset = self.offset;
        // Step 2: no data, no event.
        let Some(data) = block.data else {
            // Step 1: the last event ID is set even so.
            self.commit_last_event_id(block.id);
            return None;
        };
        Some(self.dispatch_event(block, data))
    }

    #[inline]
    fn dispatch_event<'c>(&mut self, block: Block<'c>, data: Text<'c>) -> Found<'c> {
        self.commit_last_event_id(block.id);
        if let Text::Chunk(_) = data {
            self.held.give_back();
        }
        Found::Event {
            event_type: block.event_type,
            data,
        }
    }

    #[inline]
    fn commit_last_event_id(&mut self, id: Option<Text<'_>>) {
        match id {
            None => {}
            Some(Text::Chunk(id)) => refill(&mut self.last_event_id, id),
            Some(Text::Held) => core::mem::swap(&mut self.last_event_id, &mut self.held.id),
        }
    }

    fn set_reconnection_time<'c>(&mut self, ms: u64, report: Report) -> Option<Found<'c>> {
        let time = Duration::from_millis(ms);
        self.reconnection_time = Some(time);
        (report == Report::Items).then_some(Found::ReconnectionTime(time))
    }

    /// Goes on where the last chunk ended: in a BOM, after a CR, or within a line.
    fn resume<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        if let Resume::Bom(matched) = self.resume {
            self.resume_bom(chunk, matched);
        }
        if self.resume == Resume::AfterCr && !chunk.is_empty() {
            self.resume_after_cr(chunk);
        }
        if self.resume == Resume::MidLine {
            return self.resume_line(chunk, report);
        }
        Ok(None)
    }

    fn resume_bom(&mut self, chunk: &mut Chunk<'_>, matched: usize) {
        let start = chunk.position();
        self.resume = strip_bom(chunk, matched);
        self.offset += (chunk.position() - start) as u64;
        match self.resume {
            // The BOM is no part of the first block.
            Resume::LineStart => self.block_offset = self.offset,
            Resume::MidLine => self.partial.ignore(),
            Resume::Bom(_) | Resume::AfterCr => {}
        }
    }

    fn resume_after_cr(&mut self, chunk: &mut Chunk<'_>) {
        self.resume = Resume::LineStart;
        if chunk.take_byte(b'\n') {
            // The LF is part of the line end, and of a block only where that began before it.
            self.block_offset += u64::from(self.block_offset == self.offset);
            self.offset += 1;
        }
    }

    fn resume_line<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        let rest = chunk.remaining();
        let Some(end) = find_line_end(rest) else {
            return self
                .push_partial_line(chunk.take_remaining(), report)
                .map(|()| None);
        };
        let pushed = self.push_partial_line(&rest[..end], report);
        chunk.skip_line_end(chunk.position() + end);
        let open_cr = chunk.ends_in_open_cr();
        let offset = self.partial.offset;
        // Counted without the fragment, which the line before this one counted.
        self.end_line((rest.len() - end - chunk.remaining().len()) as u64, open_cr);
        pushed?;
        let comments = report == Report::Items;
        let ended = self.partial.end(&mut self.held, &self.limits, comments);
        let ended = ended.map_err(|kind| self.exceeded(kind, offset))?;
        Ok(self.process_line_end(ended, report))
    }

    fn process_line_end<'c>(&mut self, ended: LineEnd, report: Report) -> Option<Found<'c>> {
        match ended {
            LineEnd::Nothing => None,
            LineEnd::Comment => Some(Found::Comment(Text::Held)),
            LineEnd::Retry(ms) => self.set_reconnection_time(ms, report),
        }
    }

    /// The chunk ends within a line: takes what there is of it.
    fn begin_partial_line(
        &mut self,
        chunk: &mut Chunk<'_>,
        report: Report,
    ) -> Result<(), LimitExceeded> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.partial.begin(self.offset);
        self.resume = Resume::MidLine;
        if self.discarding {
            self.partial.ignore();
        }
        self.push_partial_line(chunk.take_remaining(), report)
    }

    #[inline]
    fn push_partial_line(&mut self, fragment: &[u8], report: Report) -> Result<(), LimitExceeded> {
        self.offset += fragment.len() as u64;
        let comments = report == Report::Items;
        let pushed = self
            .partial
            .push(fragment, &mut self.held, &self.limits, comments);
        pushed.map_err(|kind| self.exceeded(kind, self.partial.offset))
    }

    /// Counts a line that has ended, of which `bytes` were not counted yet.
    #[inline]
    fn end_line(&mut self, bytes: u64, open_cr: bool) {
        self.offset += bytes;
        self.lines += 1;
        self.resume = if open_cr {
            Resume::AfterCr
        } else {
            Resume::LineStart
        };
    }

    /// A limit was exceeded by the line at `offset`: the block is discarded.
    #[cold]
    fn exceeded(&mut self, kind: LimitKind, offset: u64) -> LimitExceeded {
        self.discarding = true;
        self.held.block = Block::default();
        self.partial.ignore();
        let line = self.lines + u64::from(self.resume == Resume::MidLine);
        LimitExceeded {
            kind,
            limit: self.limits.of(kind),
            offset,
            line,
        }
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
