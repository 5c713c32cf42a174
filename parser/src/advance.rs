//! What one call of the parser reads: whole lines, and what the chunks cut.

use core::{ops::Range, time::Duration};

use crate::{
    Chunk, LimitExceeded, LimitKind, Parser,
    block::{Block, Text, refill},
    chunk::find_line_end,
    field::{self, Field, LineKind, Retry},
    line::{LineEnd, Resume, strip_bom},
    walk::Walk,
};

/// Whether the caller hears of comments and reconnection times.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    Events,
    Items,
}

/// What one step found, with the texts still in the chunk or in [`Held`].
pub(crate) enum Found<'c> {
    Event {
        event_type: Option<Text<'c>>,
        data: Text<'c>,
    },
    Comment(Text<'c>),
    ReconnectionTime(Duration),
}

impl Parser {
    /// Reads up to what the caller wants to hear of, or to the end of the chunk.
    #[inline]
    pub(crate) fn advance<'c>(
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
                let text = Text::of(value, &mut self.held.comment, self.limits.comment);
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
        let ended = self.partial.end(&mut self.held, &self.limits);
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
