//! The lane of blocks that lie whole in the chunk and whose values are valid UTF-8.
//!
//! Nearly all blocks are like that. No state is kept between their lines: the places of the values
//! are enough. Everything else is left for the next lane: cut blocks, `retry`, unknown fields, IDs
//! with a NUL or without data, values over a limit, types and IDs that are given twice (the first
//! counts towards its limit as decoded), and rare line ends.

use core::ops::Range;

use super::Parser;
use super::dispatch::Found;
use crate::Chunk;
use crate::block::{Block, Text};
use crate::field::{after_colon, find_nul};

impl Parser {
    /// Reads the next block if it has data, after blocks that are only comments.
    #[inline]
    pub(super) fn whole_block<'c>(&mut self, chunk: &mut Chunk<'c>) -> Option<Found<'c>> {
        let bytes = chunk.all_bytes();
        let (mut start, mut at, mut lines) = (chunk.position(), chunk.position(), 0);
        let (mut event_type, mut id, mut data, mut is_joined) = (None, None, None, false);
        loop {
            let end = chunk.line_end(at)?;
            let line = bytes.get(at..end)?;
            let next = match bytes.get(end..)? {
                [b'\n', ..] => end + 1,
                [_, b'\n', ..] => end + 2,
                _ => return None,
            };
            lines += 1;
            if let Some(value) = after_colon(line, b"data:") {
                let value = at + value..end;
                data = Some(match data {
                    None => within(self.limits.data, value)?,
                    Some(first) => {
                        if !is_joined {
                            is_joined = true;
                            // The check ahead begins where the block does.
                            chunk.text(start..end)?;
                            self.held.data.refill(chunk.text(Range::clone(&first))?);
                        }
                        let line = chunk.text(value)?;
                        self.held.data.push_line(line, self.limits.data)?;
                        first
                    }
                });
            } else if let Some(value) = after_colon(line, b"event:") {
                if event_type.is_some() {
                    return None;
                }
                event_type = Some(within(self.limits.event_type, at + value..end)?);
            } else if let Some(value) = after_colon(line, b"id:") {
                if id.is_some() {
                    return None;
                }
                id = Some(within(self.limits.last_event_id, at + value..end)?);
            } else if line.is_empty() {
                if data.is_some() {
                    at = next;
                    break;
                }
                if event_type.is_some() || id.is_some() {
                    return None;
                }
                // The lines up to here were comments.
                self.pass(chunk, next, core::mem::take(&mut lines));
                start = next;
            } else if line.first() != Some(&b':') {
                return None;
            }
            at = next;
        }
        let event_type = match event_type {
            Some(event_type) => Some(Text::Chunk(chunk.text(event_type)?)),
            None => None,
        };
        let id = match id {
            Some(id) => {
                let id = chunk.text(id)?;
                if find_nul(id.as_bytes()).is_some() {
                    return None;
                }
                Some(Text::Chunk(id))
            }
            None => None,
        };
        let data = if is_joined {
            Text::Held
        } else {
            Text::Chunk(chunk.text(data?)?)
        };
        self.pass(chunk, at, lines);
        let mut block = Block {
            event_type,
            data: Some(data),
            id,
            ..Block::default()
        };
        self.dispatch_the_event(&mut block, at)
    }

    /// Moves past the lines of a block that was read.
    #[inline]
    fn pass(&mut self, chunk: &mut Chunk<'_>, end: usize, lines: u64) {
        self.offset += (end - chunk.position()) as u64;
        self.block_offset = self.offset;
        self.lines += lines;
        chunk.move_to(end);
    }
}

fn within(limit: usize, value: Range<usize>) -> Option<Range<usize>> {
    (value.len() <= limit).then_some(value)
}
