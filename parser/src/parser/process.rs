//! "The lines must be processed" (9.2.6): the lanes of the parser.
//!
//! BE ADVISED: this is the hard file. A stream arrives in chunks. There are four lanes, and each
//! hands over to the next what it does not read:
//!
//! 1. **Whole blocks** ([`Parser::whole_blocks`]): the block lies in the chunk and its values are
//!    valid UTF-8. In front of it is a shortcut for the most frequent block, a single line of data
//!    ([`Parser::one_line_event`]).
//! 2. **Cut blocks** ([`Parser::next_cut_event`]): the chunk ends inside a short block. Its bytes
//!    are kept until the rest is there, and then read like a whole block.
//! 3. **Whole lines** ([`Parser::process_lines`]): the line and its end lie in the chunk. Values are
//!    slices of the chunk, and [`Block`] collects them. When the chunk ends, `Block` is copied into
//!    [`Held`](crate::block::Held).
//! 4. **Cut lines** ([`CutLine`](super::cut_line::CutLine)): chunks cut the line. Its fragments are
//!    decoded into the buffers of `Held` as they arrive. When the line ends, its value is
//!    [`Value::Held`], and it goes through [`Parser::process_line`] like any other.
//!
//! The last two meet in `process_line`, and all of them in the steps of the dispatch: each field is
//! in one place in `field.rs`, and each step in `dispatch.rs`.
//!
//! [`Place`] says where the stream stands between two chunks.

use core::ops::Range;

use super::Parser;
use super::cut_line::Ended;
use super::dispatch::Found;
use crate::block::{Block, Text};
use crate::chunk::Value;
use crate::event::Content;
use crate::field::{self, Field, LineKind, Retry};
use crate::{Chunk, LimitExceeded, LimitKind};

/// What the caller wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Events,
    /// Comments, reconnection times and last event IDs, too.
    Items,
    /// Also the lines that the standard ignores.
    Everything,
}

/// Where the stream stands between two chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the start of the stream, after this many bytes of a BOM.
    Bom(u8),
    LineStart,
    /// After a CR: an LF that comes next is part of the same line end.
    AfterCr,
    /// Inside a line that the chunk cut.
    InLine,
    /// Inside a block whose bytes are kept in [`CutBlock`](super::cut_block::CutBlock). They do not
    /// count as read.
    InBlock,
}

impl Parser {
    /// Reads the chunk up to something that the caller wants; `None` at its end.
    #[inline(never)]
    pub(super) fn process<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        let mut block = self.held.take_block();
        let found = self.process_other_lines(chunk, &mut block, report);
        if !(found.is_err() && self.discarding) {
            self.held.keep(block);
        }
        found
    }

    /// The lines that are not in a whole block.
    #[inline]
    fn process_other_lines<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        if self.place != Place::LineStart {
            let found = self.catch_up(chunk, block, report)?;
            if found.is_some() || chunk.is_empty() {
                return Ok(found);
            }
        }
        if self.discarding {
            // What the rest of the cut line left.
            block.other = Content::Nothing;
            self.discard_lines(chunk);
        }
        let found = self.process_whole_lines(chunk, block, report)?;
        if found.is_none() && self.place == Place::LineStart && !chunk.is_empty() {
            self.begin_cut_line(chunk, block, report)?;
        }
        Ok(found)
    }

    /// The shortcut: the data of the next block, if that is a single line of data, whole in the
    /// chunk and valid UTF-8.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn one_line_event<'c>(&mut self, chunk: &mut Chunk<'c>) -> Option<&'c str> {
        if !self.is_at_block_start() {
            return None;
        }
        let start = chunk.position();
        let data = chunk.one_line_block(self.limits.data)?;
        self.offset += (chunk.position() - start) as u64;
        self.block_offset = self.offset;
        self.lines += 2;
        self.held.data.give_back();
        Some(data)
    }

    /// Whether the parser is between two blocks.
    #[inline]
    pub(super) fn is_at_block_start(&self) -> bool {
        self.place == Place::LineStart && !self.discarding && self.held.is_empty()
    }

    /// The lane of whole lines, and the counting of bytes around it.
    fn process_whole_lines<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        let (start, base) = (chunk.position(), self.offset);
        let found = self.process_lines(chunk, block, report);
        if let Some(begin) = block.start.take() {
            self.block_offset = base + (begin - start) as u64;
        }
        self.offset += (chunk.position() - start) as u64;
        if chunk.ends_in_open_cr() {
            self.place = Place::AfterCr;
        }
        found.map_err(|(kind, line)| self.exceeded(kind, base + (line - start) as u64, self.lines))
    }

    /// Processes the lines that lie whole in the chunk. An error comes with the start of its line.
    #[inline]
    fn process_lines<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, (LimitKind, usize)> {
        while let Some(line) = chunk.line() {
            let (kind, value) = LineKind::of(chunk.bytes(line.clone()));
            chunk.skip_line_end(line.end);
            self.lines += 1;
            let value = line.start + value..line.end;
            let found = match kind {
                LineKind::Blank => {
                    let ended = block.begin_next(chunk.position());
                    self.dispatch_the_event(ended)
                }
                LineKind::Field(Field::Data) => {
                    let value = chunk.value(value);
                    field::data(&mut self.held, block, &self.limits, value)
                        .map_err(|kind| (kind, line.start))?;
                    continue;
                }
                LineKind::Comment if report == Report::Events => {
                    block.other = block.other.max(Content::Comments);
                    continue;
                }
                kind => self
                    .process_rarer_line(chunk, kind, value, block, report)
                    .map_err(|kind| (kind, line.start))?,
            };
            match found {
                Some(found) if report != Report::Events || found.is_event() => {
                    return Ok(Some(found));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// The lines that are not in every block.
    #[inline(never)]
    fn process_rarer_line<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        kind: LineKind,
        value: Range<usize>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitKind> {
        match kind {
            LineKind::Other if report != Report::Everything => {
                block.other = Content::Fields;
                Ok(None)
            }
            LineKind::Field(Field::Retry) => {
                block.other = Content::Fields;
                Ok(self.process_retry(Retry::of(chunk.bytes(value))))
            }
            kind => {
                let value = chunk.value(value);
                self.process_line(kind, value, block)
            }
        }
    }

    /// 9.2.6, "the lines must be processed": a line of either lane, but for the rarer ways in which
    /// their values arrive.
    #[inline]
    fn process_line<'c>(
        &mut self,
        kind: LineKind,
        value: Value<'c>,
        block: &mut Block<'c>,
    ) -> Result<Option<Found<'c>>, LimitKind> {
        match kind {
            LineKind::Field(Field::Event) => {
                field::event(&mut self.held, block, &self.limits, value)?;
            }
            LineKind::Field(Field::Data) => {
                field::data(&mut self.held, block, &self.limits, value)?;
            }
            LineKind::Field(Field::Id) => field::id(&mut self.held, block, &self.limits, value)?,
            LineKind::Comment => {
                block.other = block.other.max(Content::Comments);
                let text = Text::of(value, &mut self.held.value, self.limits.comment);
                return Ok(Some(Found::Comment(text.ok_or(LimitKind::Comment)?)));
            }
            LineKind::Other => {
                block.other = Content::Fields;
                let text = Text::of(value, &mut self.held.value, self.limits.ignored_line);
                return Ok(Some(Found::Ignored(text.ok_or(LimitKind::IgnoredLine)?)));
            }
            // Without a colon, it has no digits.
            LineKind::Field(Field::Retry) => block.other = Content::Fields,
            LineKind::Blank => {}
        }
        Ok(None)
    }

    fn process_retry<'c>(&mut self, retry: Retry) -> Option<Found<'c>> {
        let time = retry.finish()?;
        self.reconnection_time = Some(time);
        Some(Found::ReconnectionTime(time))
    }

    /// Continues where the last chunk ended: in a BOM, after a CR, or inside a line.
    fn catch_up<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        if let Place::Bom(matched) = self.place {
            self.strip_bom(chunk, matched);
        }
        if self.place == Place::AfterCr && !chunk.is_empty() {
            self.place = Place::LineStart;
            if chunk.take_byte(b'\n') {
                // The LF is part of the line end. It is part of a block only if that began before.
                self.block_offset += u64::from(self.block_offset == self.offset);
                self.offset += 1;
            }
        }
        if self.place == Place::InLine {
            return self.continue_cut_line(chunk, block, report);
        }
        Ok(None)
    }

    /// Strips one leading BOM (Encoding Standard, "UTF-8 decode"), however it is cut.
    ///
    /// If the stream starts with only a part of a BOM, that part begins a line whose name is not a
    /// known field.
    fn strip_bom(&mut self, chunk: &mut Chunk<'_>, matched: u8) {
        const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

        self.place = Place::Bom(matched);
        for (n, byte) in (0..).zip(BOM).skip(usize::from(matched)) {
            if chunk.is_empty() {
                return;
            }
            if !chunk.take_byte(byte) {
                if n == 0 {
                    self.place = Place::LineStart;
                } else {
                    self.place = Place::InLine;
                    self.cut_line.begin_with(&BOM[..usize::from(n)]);
                }
                return;
            }
            self.offset += 1;
            self.place = Place::Bom(n + 1);
        }
        self.place = Place::LineStart;
        // The BOM is not part of the first block.
        self.block_offset = self.offset;
    }

    /// The chunk ends inside a line: takes what there is of it.
    fn begin_cut_line(
        &mut self,
        chunk: &mut Chunk<'_>,
        block: &mut Block<'_>,
        report: Report,
    ) -> Result<(), LimitExceeded> {
        self.cut_line.begin(self.offset);
        self.place = Place::InLine;
        if self.discarding {
            self.cut_line.ignore(Content::Fields);
        }
        self.push_fragment(chunk.take_remaining(), block, report)
    }

    fn continue_cut_line<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        let Some(line) = chunk.cut_line() else {
            self.push_fragment(chunk.take_remaining(), block, report)?;
            return Ok(None);
        };
        let pushed = self.push_fragment(chunk.bytes(line.clone()), block, report);
        // The fragment is counted already.
        chunk.skip_line_end(line.end);
        self.offset += (chunk.position() - line.end) as u64;
        self.lines += 1;
        self.place = if chunk.ends_in_open_cr() {
            Place::AfterCr
        } else {
            Place::LineStart
        };
        let found = pushed.and_then(|()| self.end_cut_line(block, report));
        if found.is_err() {
            block.other = block.other.max(self.cut_line.content());
        }
        Ok(found?.filter(|_| report != Report::Events))
    }

    fn end_cut_line<'c>(
        &mut self,
        block: &mut Block<'c>,
        report: Report,
    ) -> Result<Option<Found<'c>>, LimitExceeded> {
        let ended = self
            .cut_line
            .end(&mut self.held, block, &self.limits, report);
        let found = match ended {
            Ok(Ended::Line(kind)) => self.process_line(kind, Value::Held, block),
            Ok(Ended::Retry(retry)) => {
                block.other = Content::Fields;
                Ok(self.process_retry(retry))
            }
            Ok(Ended::Ignored(content)) => {
                block.other = block.other.max(content);
                Ok(None)
            }
            Err(kind) => Err(kind),
        };
        found.map_err(|kind| self.exceeded(kind, self.cut_line.offset, self.lines))
    }

    fn push_fragment(
        &mut self,
        fragment: &[u8],
        block: &mut Block<'_>,
        report: Report,
    ) -> Result<(), LimitExceeded> {
        self.offset += fragment.len() as u64;
        let pushed = self
            .cut_line
            .push(fragment, &mut self.held, block, &self.limits, report);
        pushed.map_err(|kind| self.exceeded(kind, self.cut_line.offset, self.lines + 1))
    }

    /// A limit was exceeded by the line at `offset`: the block is discarded, or the line alone if it
    /// means nothing to the block.
    #[cold]
    fn exceeded(&mut self, kind: LimitKind, offset: u64, line: u64) -> LimitExceeded {
        self.discarding = kind.discards_block();
        self.cut_line.ignore(match kind {
            LimitKind::Comment => Content::Comments,
            _ => Content::Fields,
        });
        LimitExceeded {
            kind,
            limit: self.limits.of(kind),
            offset,
            line,
        }
    }

    /// Skips the lines of a block over a limit, with the blank line that ends it.
    #[cold]
    fn discard_lines(&mut self, chunk: &mut Chunk<'_>) {
        while let (true, Some(line)) = (self.discarding, chunk.line()) {
            let start = chunk.position();
            chunk.skip_line_end(line.end);
            self.offset += (chunk.position() - start) as u64;
            self.lines += 1;
            if line.is_empty() {
                self.discarding = false;
                self.block_offset = self.offset;
            }
        }
    }
}
