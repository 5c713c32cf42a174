//! The lane of blocks that chunks cut, as long as they are short.
//!
//! In chunks of 1460 bytes nearly every chunk ends inside a block. The bytes of such a block are
//! kept as they are, with the places of the values in its whole lines. When the rest arrives, the
//! block lies in one piece and is read to its end by [`Parser::read_block`]. The other lanes copy
//! each field when the chunk ends and decode the cut line in fragments. They take 1.1 to 1.25 times
//! as long in chunks of 1460 bytes (`llm`, `anthropic`), and 1.6 times as many instructions in chunks
//! of 16 bytes.
//!
//! A block that is long, or has something rare in it, is handed over to the other lanes, which
//! read it from its start. The same is done when a caller asks for items, since comments and
//! reconnection times are due when their line ends.

use alloc::vec::Vec;
use core::mem;

use super::Parser;
use super::dispatch::Dispatched;
use super::process::{Place, Report};
use super::whole_block::Progress;
use crate::{Chunk, Discarded, LimitExceeded, Limits};

/// The longest block that is put together, in bytes.
const LONGEST: usize = 4 * 1024;

/// How much of a chunk is appended, in bytes, before it is known where the block ends in it.
const MOST_AHEAD: usize = 2 * 1024;

/// A byte that is not UTF-8 becomes three bytes of text.
const MOST_TEXT_PER_BYTE: usize = 3;

/// A block of which a part has arrived: at least one byte.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(super) struct CutBlock {
    bytes: Vec<u8>,
    /// What has been read of it.
    progress: Progress,
}

/// No value of a block up to this length can be over a limit.
fn longest(limits: &Limits) -> usize {
    let least = limits.data.min(limits.event_type).min(limits.last_event_id);
    LONGEST.min(least / MOST_TEXT_PER_BYTE)
}

impl Parser {
    /// Keeps the rest of the chunk, the start of a block; false if it is too long.
    pub(super) fn keep_cut_block(&mut self, chunk: &mut Chunk<'_>, block: &Progress) -> bool {
        let fits = chunk.remaining().len() <= longest(&self.limits);
        if fits {
            let cut = self.cut_block.get_or_insert_default();
            cut.bytes.clear();
            cut.bytes.extend_from_slice(chunk.take_remaining());
            cut.progress = block.relative();
            self.place = Place::InBlock;
        }
        fits
    }

    /// Reads on in a block that the last chunk cut, and returns its event if this chunk ends it.
    /// `None` otherwise, and the next lanes read what is left of the chunk.
    #[inline]
    pub(super) fn next_cut_event<T>(
        &mut self,
        chunk: &mut Chunk<'_>,
        create: impl FnOnce(&mut Self, Dispatched<'_>) -> T,
    ) -> Result<Option<T>, LimitExceeded> {
        if self.place == Place::InBlock && !chunk.is_empty() {
            return self.continue_cut_block(chunk, create);
        }
        Ok(None)
    }

    #[inline(never)]
    fn continue_cut_block<T>(
        &mut self,
        chunk: &mut Chunk<'_>,
        create: impl FnOnce(&mut Self, Dispatched<'_>) -> T,
    ) -> Result<Option<T>, LimitExceeded> {
        let mut cut = self.cut_block.take().unwrap_or_default();
        let event = self.append_to(&mut cut, chunk, create);
        self.cut_block = Some(cut);
        if event.is_none() && !chunk.is_empty() {
            // What was not read of the block is left to the other lanes.
            self.split_cut_block()?;
        }
        Ok(event)
    }

    /// Appends what the chunk has of the block, and reads it. If the block cannot be read here, the
    /// chunk stays as it is.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn append_to<T>(
        &mut self,
        CutBlock { bytes, progress }: &mut CutBlock,
        chunk: &mut Chunk<'_>,
        create: impl FnOnce(&mut Self, Dispatched<'_>) -> T,
    ) -> Option<T> {
        let cut = bytes.len();
        let (start, more) = (chunk.position(), chunk.remaining());
        let room = MOST_AHEAD.min(longest(&self.limits) - cut);
        let Some(line_end) = chunk.line_end(start) else {
            if more.len() <= room {
                bytes.extend_from_slice(chunk.take_remaining());
            }
            return None;
        };
        let end = line_end - start;
        let ahead = match more.get(end..) {
            // The block ends here. What follows it is not copied: 1.04 times as fast (`llm`).
            Some([b'\n', b'\n', ..]) => room.min(end + 2),
            Some([b'\r', b'\n', b'\r', b'\n', ..]) => room.min(end + 4),
            _ => room,
        };
        bytes.extend_from_slice(more.get(..ahead).unwrap_or(more));
        let mut whole = Chunk::new(bytes);
        whole.expect_line_end(progress.at, cut + end);
        let event = match self.read_block(&mut whole, progress) {
            Some(true) => {
                whole.truncate(progress.at);
                let event = self.whole_block(&mut whole, mem::take(progress));
                event.map(|event| create(self, event))
            }
            Some(false) if progress.start == 0 && more.len() <= room => {
                chunk.take_remaining();
                return None;
            }
            _ => None,
        };
        // Everything up to here was read, or nothing at all.
        if let Some(read) = whole.position().checked_sub(cut) {
            chunk.move_to(start + read);
            self.place = Place::LineStart;
        } else {
            bytes.truncate(cut);
        }
        event
    }

    /// Hands the block that the last chunk cut over to the other lanes, which find nothing to
    /// report in it: it has not ended, and is within the limits.
    #[inline(never)]
    pub(super) fn split_cut_block(&mut self) -> Result<(), LimitExceeded> {
        if self.place == Place::InBlock {
            let cut = self.cut_block.take().unwrap_or_default();
            self.place = Place::LineStart;
            self.process(&mut Chunk::new(&cut.bytes), Report::Events)?;
            self.cut_block = Some(cut);
        }
        Ok(())
    }

    /// What would be discarded of the block that the last chunk cut, and only of that: no other
    /// block has begun.
    #[cold]
    pub(super) fn unfinished_cut_block(&self) -> Discarded {
        let mut split = Self::builder().limits(self.limits).build();
        split.place = Place::InBlock;
        split.cut_block.clone_from(&self.cut_block);
        split.offset = self.offset;
        split.block_offset = self.block_offset;
        // Nothing in it is over a limit.
        let _ = split.split_cut_block();
        split.unfinished()
    }
}

#[cfg(all(test, feature = "reference"))]
impl CutBlock {
    /// Leftovers that must not matter any more.
    pub(super) fn stale() -> Self {
        Self {
            bytes: b"stale".into(),
            progress: Progress::default(),
        }
    }

    /// Whether lines of data are joined in the data buffer.
    pub(super) fn has_joined_data(&self) -> bool {
        self.progress.has_joined_data()
    }
}
