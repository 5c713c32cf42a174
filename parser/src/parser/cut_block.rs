//! The lane of blocks that one chunk boundary cuts.
//!
//! In chunks of 1460 bytes nearly every chunk cuts a block, and most of these blocks end in the next
//! chunk. What the first chunk has of such a block is kept as it is. If the next chunk has the
//! rest, the block is put together and read like a chunk of its own. This takes half of the
//! instructions that the other lanes take for the two parts.

use alloc::vec::Vec;
use core::mem;

use super::Parser;
use super::dispatch::Dispatched;
use super::process::{Place, Report};
use super::whole_block::Progress;
use crate::{Chunk, LimitExceeded, Limits};

/// The longest block that is put together, in bytes.
const LONGEST: usize = 4 * 1024;

/// How much of the next chunk may be searched for its end, in bytes.
const MOST_AHEAD: usize = 2 * 1024;

/// A byte that is not UTF-8 becomes three bytes of text.
const MOST_TEXT_PER_BYTE: usize = 3;

/// The start of a block whose chunk ended before it.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(super) struct CutBlock {
    bytes: Vec<u8>,
    /// What has been read of it.
    progress: Progress,
    /// No value of a block up to this length can be over a limit.
    longest: usize,
}

impl CutBlock {
    pub(super) fn new(limits: &Limits) -> Self {
        let least = limits.data.min(limits.event_type).min(limits.last_event_id);
        Self {
            bytes: Vec::new(),
            progress: Progress::default(),
            longest: LONGEST.min(least / MOST_TEXT_PER_BYTE),
        }
    }
}

impl Parser {
    /// Keeps the rest of the chunk, the start of a block; false if it is too long.
    pub(super) fn keep_cut_block(&mut self, chunk: &mut Chunk<'_>, block: &Progress) -> bool {
        let fits = chunk.remaining().len() <= self.cut_block.longest;
        if fits {
            self.cut_block.bytes.clear();
            self.cut_block
                .bytes
                .extend_from_slice(chunk.take_remaining());
            self.cut_block.progress = block.from_start();
            self.place = Place::InBlock;
        }
        fits
    }

    /// Reads the block that the last chunk cut, up to its end in this chunk, and what follows it.
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
        let cut = self.cut_block.bytes.len();
        let (start, more) = (chunk.position(), chunk.remaining());
        let room = MOST_AHEAD.min(self.cut_block.longest - cut);
        let Some(line_end) = chunk.line_end(start) else {
            if more.len() <= room {
                self.cut_block
                    .bytes
                    .extend_from_slice(chunk.take_remaining());
            } else {
                self.split_cut_block()?;
            }
            return Ok(None);
        };
        let mut bytes = mem::take(&mut self.cut_block.bytes);
        bytes.extend_from_slice(more.get(..room).unwrap_or(more));
        let mut block = mem::take(&mut self.cut_block.progress);
        let mut whole = Chunk::new(&bytes);
        whole.expect_line_end(block.at, cut + line_end - start);
        let event = match self.read_block(&mut whole, &mut block) {
            Some(true) => {
                whole.truncate(block.at);
                self.whole_block(&mut whole, block)
            }
            Some(false) if block.start == 0 && more.len() <= room => {
                chunk.take_remaining();
                self.cut_block.bytes = bytes;
                self.cut_block.progress = block;
                return Ok(None);
            }
            _ => None,
        };
        let event = event.map(|event| create(self, event));
        let read = whole.position().checked_sub(cut);
        self.cut_block.bytes = bytes;
        match read {
            Some(read) => {
                chunk.move_to(start + read);
                self.place = Place::LineStart;
            }
            None => {
                self.cut_block.bytes.truncate(cut);
                self.split_cut_block()?;
            }
        }
        Ok(event)
    }

    /// Hands the block that the last chunk cut over to the other lanes.
    #[inline(never)]
    pub(super) fn split_cut_block(&mut self) -> Result<(), LimitExceeded> {
        if self.place == Place::InBlock {
            let block = mem::take(&mut self.cut_block.bytes);
            self.place = Place::LineStart;
            self.process(&mut Chunk::new(&block), Report::Events)?;
            self.cut_block.bytes = block;
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "reference"))]
impl CutBlock {
    /// Overwrites leftovers that must not matter any more.
    pub(super) fn poison(&mut self) {
        self.bytes = b"stale".into();
        self.progress = Progress::default();
    }

    /// Whether lines of data are joined in the data buffer.
    pub(super) fn has_joined_data(&self) -> bool {
        self.progress.has_joined_data()
    }
}
