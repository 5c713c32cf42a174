//! The lane of blocks that lie whole in the chunk and whose values are valid UTF-8.
//!
//! Nearly all blocks are like that. No state is kept between their lines: the places of the values
//! are enough. If the chunk ends inside a block, its bytes are kept for the lane of cut blocks. If
//! it is too long for that, its lines are held, and the lane of whole lines goes on from there.
//! Blocks with something rare are left to that lane altogether: `retry`, unknown fields, IDs with a
//! NUL or without data, values over a limit, types and IDs that are given twice (the first counts
//! towards its limit as decoded), and line ends that are a lone CR.

use core::ops::Range;

use super::Parser;
use super::dispatch::{Dispatched, Found};
use crate::Chunk;
use crate::block::{Block, Text};
use crate::event::Content;
use crate::field::{after_colon, find_nul};

/// How far a block has been read.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// Where the block begins.
    pub(super) start: usize,
    /// Where the next line begins.
    pub(super) at: usize,
    lines: u64,
    values: Values,
}

/// The places of the values of a block.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
struct Values {
    event_type: Option<Range<usize>>,
    /// The first line of data.
    data: Option<Range<usize>>,
    /// There are more lines of data, and all of them are in the buffer.
    is_joined: bool,
    id: Option<Range<usize>>,
    has_comments: bool,
}

impl Parser {
    /// Reads the next block if it has data, after blocks that are only comments. If the chunk ends
    /// before that, what there is of the block is kept.
    #[inline(never)]
    pub(super) fn whole_blocks<'c>(&mut self, chunk: &mut Chunk<'c>) -> Option<Dispatched<'c>> {
        let bytes = chunk.all_bytes();
        if bytes.first() == Some(&b':') && chunk.only_line().is_some() {
            self.pass(chunk, bytes.len(), 2);
            self.block_offset = self.offset;
            return None;
        }
        let mut block = Progress::at(chunk.position());
        if self.read_block(chunk, &mut block)? {
            return self.whole_block(chunk, block);
        }
        if chunk.is_empty() || self.keep_cut_block(chunk, &block) || block.at == block.start {
            return None;
        }
        let kept = block.values.texts(chunk)?;
        self.pass(chunk, block.at, block.lines);
        self.held.keep(kept);
        None
    }

    /// Reads the lines of a block up to its blank line; false if the chunk ends before that, and
    /// `None` if there is something rare in it.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn read_block(
        &mut self,
        chunk: &mut Chunk<'_>,
        block: &mut Progress,
    ) -> Option<bool> {
        let bytes = chunk.all_bytes();
        let Progress {
            start,
            at,
            lines,
            values,
        } = block;
        loop {
            let Some(end) = chunk.line_end(*at) else {
                return Some(false);
            };
            let line = bytes.get(*at..end)?;
            let next = match bytes.get(end..)? {
                [b'\n', ..] => end + 1,
                [_, b'\n', ..] => end + 2,
                _ => return None,
            };
            *lines += 1;
            if let Some(value) = after_colon(line, b"data:") {
                let value = *at + value..end;
                match values.data {
                    None => values.data = Some(within(self.limits.data, value)?),
                    Some(ref first) => {
                        if !values.is_joined {
                            values.is_joined = true;
                            // The check ahead begins where the block does.
                            chunk.text(*start..end)?;
                            self.held.data.refill(chunk.text(first.clone())?);
                        }
                        let line = chunk.text(value)?;
                        self.held.data.push_line(line, self.limits.data)?;
                    }
                }
            } else if let Some(value) = after_colon(line, b"event:") {
                if values.event_type.is_some() {
                    return None;
                }
                values.event_type = Some(within(self.limits.event_type, *at + value..end)?);
            } else if let Some(value) = after_colon(line, b"id:") {
                if values.id.is_some() || find_nul(line).is_some() {
                    return None;
                }
                values.id = Some(within(self.limits.last_event_id, *at + value..end)?);
            } else if line.is_empty() {
                if values.data.is_some() {
                    *at = next;
                    return Some(true);
                }
                if values.event_type.is_some() || values.id.is_some() {
                    return None;
                }
                // The lines up to here were comments.
                self.pass(chunk, next, core::mem::take(lines));
                self.block_offset = self.offset;
                values.has_comments = false;
                *start = next;
            } else if line.first() == Some(&b':') {
                values.has_comments = true;
            } else {
                return None;
            }
            *at = next;
        }
    }

    /// Dispatches a block that was read up to its blank line; `None`, with nothing passed, if a
    /// value is not valid UTF-8.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn whole_block<'c>(
        &mut self,
        chunk: &mut Chunk<'c>,
        block: Progress,
    ) -> Option<Dispatched<'c>> {
        let texts = block.values.texts(chunk)?;
        self.pass(chunk, block.at, block.lines);
        self.block_offset = self.offset;
        match self.dispatch_the_event(texts) {
            Some(Found::Event(event)) => Some(event),
            _ => None,
        }
    }

    /// Moves past lines that were read.
    #[inline]
    fn pass(&mut self, chunk: &mut Chunk<'_>, end: usize, lines: u64) {
        self.offset += (end - chunk.position()) as u64;
        self.lines += lines;
        chunk.move_to(end);
    }
}

impl Progress {
    /// Nothing of a block at this place has been read.
    #[inline]
    fn at(position: usize) -> Self {
        Self {
            start: position,
            at: position,
            ..Self::default()
        }
    }

    /// The same with the places counted from the start of the block.
    pub(super) fn relative(&self) -> Self {
        let Values {
            event_type,
            data,
            id,
            ..
        } = &self.values;
        let moved = |value: &Option<Range<usize>>| {
            let Range { start, end } = value.as_ref()?;
            Some(start - self.start..end - self.start)
        };
        Self {
            start: 0,
            at: self.at - self.start,
            lines: self.lines,
            values: Values {
                event_type: moved(event_type),
                data: moved(data),
                id: moved(id),
                ..self.values
            },
        }
    }
}

#[cfg(all(test, feature = "reference"))]
impl Progress {
    pub(super) fn has_joined_data(&self) -> bool {
        self.values.is_joined
    }
}

impl Values {
    /// The values themselves; `None` if one of them is not valid UTF-8.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn texts<'c>(self, chunk: &mut Chunk<'c>) -> Option<Block<'c>> {
        let mut block = Block::default();
        if let Some(event_type) = self.event_type {
            block.event_type = Some(Text::Chunk(chunk.text(event_type)?));
        }
        if let Some(id) = self.id {
            block.id = Some(Text::Chunk(chunk.text(id)?));
        }
        if self.is_joined {
            block.data = Some(Text::Held);
        } else if let Some(data) = self.data {
            block.data = Some(Text::Chunk(chunk.text(data)?));
        }
        if self.has_comments {
            block.other = Content::Comments;
        }
        Some(block)
    }
}

fn within(limit: usize, value: Range<usize>) -> Option<Range<usize>> {
    (value.len() <= limit).then_some(value)
}
