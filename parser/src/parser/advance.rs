//! The steps of the parser: the fast paths, whole lines, and lines that chunks cut.

use core::ops::Range;
use core::time::Duration;

use super::Parser;
use crate::block::{Block, Fields, Text};
use crate::buffer::refill;
use crate::field::{self, Field, LineKind, Retry};
use crate::line::{LineEnd, Resume, strip_bom};
use crate::whole_block::WholeBlock;
use crate::{Chunk, LimitExceeded, LimitKind};

/// Whether the caller wants comments and reconnection times, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Events,
    Items,
}

/// What one step found, with its texts still in the chunk or in [`Held`](crate::block::Held).
pub(super) enum Found<'c> {
    Event {
        event_type: Option<Text<'c>>,
        data: Text<'c>,
    },
    Comment(Text<'c>),
    ReconnectionTime(Duration),
}

/// How far one call of [`Parser::advance`] read.
pub(super) enum Read<'c> {
    /// Up to something that the caller wants.
    Found(Found<'c>),
    /// Up to the start of a block.
    Block,
    /// Up to the end of the chunk.
    Lines,
}

impl Parser {
    /// The fast path: the event of the next block, if that lies whole in the chunk.
    // As a call, an event of `tiny` takes one and a half times as long.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn whole_event<'c>(&mut self, chunk: &mut Chunk<'c>) -> Option<WholeBlock<'c>> {
        if !self.is_at_block_start() {
            return None;
        }
        let start = chunk.position();
        let block = chunk.whole_block(&self.limits, &mut self.held.data)?;
        self.offset += (chunk.position() - start) as u64;
        self.block_offset = self.offset;
        self.lines += block.lines;
        self.commit_last_event_id(block.id.map(Text::Chunk));
        if let Text::Chunk(_) = block.data {
            self.held.give_back();
        }
        Some(block)
    }

    /// The fast path of small chunks: reads a chunk in which no line ends. False if there is more
    /// to it, and nothing was read.
    ///
    /// Most chunks of 16 bytes and nearly all chunks of one byte are like that.
    #[inline(never)]
    pub(super) fn read_fragment(&mut self, chunk: &mut Chunk<'_>) -> bool {
        if chunk.is_empty() {
            return true;
        }
        if !chunk.is_within_line() {
            return false;
        }
        let fragment = chunk.remaining();
        match self.resume {
            Resume::MidLine => {}
            Resume::LineStart if self.discarding => return false,
            Resume::LineStart => self.partial.begin(self.offset),
            Resume::Bom(_) | Resume::AfterCr => return false,
        }
        let is_read = self.partial.push_on(fragment, &mut self.held, &self.limits);
        if is_read {
            self.resume = Resume::MidLine;
            self.offset += fragment.len() as u64;
            chunk.take_remaining();
        }
        is_read
    }

    /// Whether the parser is between two blocks.
    #[inline]
    fn is_at_block_start(&self) -> bool {
        self.resume == Resume::LineStart
            && !self.discarding
            && self.held.fields == Fields::default()
    }

    /// Reads up to something that the caller wants, or to the end of the block or of the chunk.
    #[inline(never)]
    pub(super) fn advance<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Read<'c>, LimitExceeded> {
        if self.resume != Resume::LineStart {
            if let Some(found) = self.resume(chunk, report)? {
                return Ok(Read::Found(found));
            }
            if chunk.is_empty() {
                return Ok(Read::Lines);
            }
            if self.is_at_block_start() {
                // The next block may lie whole in the chunk.
                return Ok(Read::Block);
            }
        }
        if chunk.is_empty() {
            return Ok(Read::Lines);
        }
        if chunk.line().is_none() {
            self.begin_partial_line(chunk, report)?;
            return Ok(Read::Lines);
        }
        let read = self.read_block(chunk, report);
        if chunk.ends_in_open_cr() {
            self.resume = Resume::AfterCr;
        }
        if let (Ok(Read::Lines), false) = (&read, chunk.is_empty()) {
            self.begin_partial_line(chunk, report)?;
        }
        read
    }

    /// Reads lines that lie whole in the chunk, up to the end of the block.
    fn read_block<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Read<'c>, LimitExceeded> {
        let mut block = self.held.take_block();
        while let Some(line) = chunk.line() {
            let (kind, value) = LineKind::of(chunk.bytes(line.clone()));
            let value = line.start + value..line.end;
            self.lines += 1;
            let processed = match kind {
                LineKind::Blank => {
                    self.end_line(chunk, line);
                    return Ok(self.dispatch(block));
                }
                LineKind::Field(Field::Data) if !self.discarding => {
                    let value = chunk.value(value);
                    field::data(&mut self.held, &mut block, &self.limits, value)
                }
                LineKind::Other => Ok(()),
                LineKind::Comment if report == Report::Events => Ok(()),
                kind => match self.process_line(chunk, kind, value, &mut block) {
                    Ok(Some(found)) if report == Report::Items => {
                        self.end_line(chunk, line);
                        self.held.keep(block);
                        return Ok(Read::Found(found));
                    }
                    processed => processed.map(drop),
                },
            };
            let offset = self.offset;
            self.end_line(chunk, line);
            processed.map_err(|kind| self.exceeded(kind, offset))?;
        }
        self.held.keep(block);
        Ok(Read::Lines)
    }

    /// Moves past a line that lies whole in the chunk.
    #[inline]
    fn end_line(&mut self, chunk: &mut Chunk<'_>, line: Range<usize>) {
        chunk.skip_line_end(line.end);
        self.offset += (chunk.position() - line.start) as u64;
    }

    /// 9.2.6, "the lines must be processed": the kinds that are rarer than blank lines and data.
    #[inline(never)]
    fn process_line<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        kind: LineKind,
        value: Range<usize>,
        block: &mut Block<'c>,
    ) -> Result<Option<Found<'c>>, LimitKind> {
        match kind {
            _ if self.discarding => {}
            LineKind::Field(Field::Retry) => {
                return Ok(self.process_retry(chunk.bytes(value)));
            }
            LineKind::Field(Field::Event) => {
                field::event(&mut self.held, block, &self.limits, chunk.value(value))?;
            }
            LineKind::Field(Field::Id) => {
                field::id(&mut self.held, block, &self.limits, chunk.value(value))?;
            }
            LineKind::Comment => {
                let value = chunk.value(value);
                let text = Text::of(value, &mut self.held.comment, self.limits.comment);
                return Ok(Some(Found::Comment(text.ok_or(LimitKind::Comment)?)));
            }
            LineKind::Blank | LineKind::Field(Field::Data) | LineKind::Other => {}
        }
        Ok(None)
    }

    fn process_retry<'c>(&mut self, value: &[u8]) -> Option<Found<'c>> {
        let mut retry = Retry::default();
        retry.push(value);
        Some(self.set_reconnection_time(retry.finish()?))
    }

    /// 9.2.6, "dispatch the event", at a blank line.
    #[inline]
    fn dispatch<'c>(&mut self, block: Block<'c>) -> Read<'c> {
        self.discarding = false;
        self.block_offset = self.offset;
        // Step 1: the last event ID is set, with or without data.
        self.commit_last_event_id(block.id);
        // Step 2: no data, no event.
        let Some(data) = block.data else {
            return Read::Block;
        };
        if let Text::Chunk(_) = data {
            self.held.give_back();
        }
        Read::Found(Found::Event {
            event_type: block.event_type,
            data,
        })
    }

    #[inline]
    fn commit_last_event_id(&mut self, id: Option<Text<'_>>) {
        match id {
            None => {}
            Some(Text::Chunk(id)) => refill(&mut self.last_event_id, id),
            Some(Text::Held) => core::mem::swap(&mut self.last_event_id, &mut self.held.id),
        }
    }

    fn set_reconnection_time<'c>(&mut self, ms: u64) -> Found<'c> {
        let time = Duration::from_millis(ms);
        self.reconnection_time = Some(time);
        Found::ReconnectionTime(time)
    }

    /// Continues where the last chunk ended: in a BOM, after a CR, or inside a line.
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

    fn resume_bom(&mut self, chunk: &mut Chunk<'_>, matched: u8) {
        let start = chunk.position();
        self.resume = strip_bom(chunk, matched);
        self.offset += (chunk.position() - start) as u64;
        match self.resume {
            // The BOM is not part of the first block.
            Resume::LineStart => self.block_offset = self.offset,
            Resume::MidLine => self.partial.ignore(),
            Resume::Bom(_) | Resume::AfterCr => {}
        }
    }

    fn resume_after_cr(&mut self, chunk: &mut Chunk<'_>) {
        self.resume = Resume::LineStart;
        if chunk.take_byte(b'\n') {
            // The LF is part of the line end. It is part of a block only if that began before it.
            self.block_offset += u64::from(self.block_offset == self.offset);
            self.offset += 1;
        }
    }

    fn resume_line<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        let Some(line) = chunk.line() else {
            let fragment = chunk.take_remaining();
            return self.push_partial_line(fragment, report).map(|()| None);
        };
        let pushed = self.push_partial_line(chunk.bytes(line.clone()), report);
        self.resume = Resume::LineStart;
        self.lines += 1;
        // The fragment is counted already.
        self.end_line(chunk, line.end..line.end);
        if chunk.ends_in_open_cr() {
            self.resume = Resume::AfterCr;
        }
        pushed?;
        let ended = self.partial.end(&mut self.held, &self.limits);
        let ended = ended.map_err(|kind| self.exceeded(kind, self.partial.offset))?;
        Ok(self
            .process_line_end(ended)
            .filter(|_| report == Report::Items))
    }

    fn process_line_end<'c>(&mut self, ended: LineEnd) -> Option<Found<'c>> {
        match ended {
            LineEnd::Nothing => None,
            LineEnd::Comment => Some(Found::Comment(Text::Held)),
            LineEnd::Retry(ms) => Some(self.set_reconnection_time(ms)),
        }
    }

    /// The chunk ends inside a line: takes what there is of it.
    fn begin_partial_line(
        &mut self,
        chunk: &mut Chunk<'_>,
        report: Report,
    ) -> Result<(), LimitExceeded> {
        self.partial.begin(self.offset);
        self.resume = Resume::MidLine;
        let fragment = chunk.take_remaining();
        if self.discarding {
            self.partial.ignore();
        } else if self
            .partial
            .start_data(fragment, &mut self.held, &self.limits)
        {
            self.offset += fragment.len() as u64;
            return Ok(());
        }
        self.push_partial_line(fragment, report)
    }

    #[inline]
    fn push_partial_line(&mut self, fragment: &[u8], report: Report) -> Result<(), LimitExceeded> {
        self.offset += fragment.len() as u64;
        // More data of a line is the most frequent case, and the least work.
        if self
            .partial
            .push_data(fragment, &mut self.held, &self.limits)
        {
            return Ok(());
        }
        self.push_other(fragment, report)
    }

    #[inline(never)]
    fn push_other(&mut self, fragment: &[u8], report: Report) -> Result<(), LimitExceeded> {
        let comments = report == Report::Items;
        let pushed = self
            .partial
            .push(fragment, &mut self.held, &self.limits, comments);
        pushed.map_err(|kind| self.exceeded(kind, self.partial.offset))
    }

    /// A limit was exceeded by the line at `offset`: the block is discarded.
    #[cold]
    fn exceeded(&mut self, kind: LimitKind, offset: u64) -> LimitExceeded {
        self.discarding = true;
        self.held.fields = Fields::default();
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
