//! The lane of blocks that chunks cut, as long as they are short.
//!
//! In chunks of 1460 bytes nearly every chunk ends inside a block. The bytes of such a block are
//! kept as they are, with the places of the values in its whole lines. When the rest arrives, the
//! block lies in one piece and is read to its end by [`Parser::read_block`]. The other lanes copy
//! each field when the chunk ends and decode the cut line in fragments: they take 1.2 to 1.4 times
//! as long in chunks of 1460 bytes, and in chunks of 16 bytes, too.
//!
//! A block that is long, or has something rare in it, is handed over to the other lanes, which
//! read it from its start. So it is before a caller asks for items, since comments and
//! reconnection times are due when their line ends.

use alloc::vec::Vec;
use core::mem;

use super::Parser;
use super::dispatch::Dispatched;
use super::process::{Place, Report};
use super::whole_block::Progress;
use crate::{Chunk, LimitExceeded, Limits};

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
            self.cut_block.progress = block.relative();
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
        // Everything up to here was read, or nothing at all.
        let read = whole.position().checked_sub(cut);
        self.cut_block.bytes = bytes;
        if let Some(read) = read {
            chunk.move_to(start + read);
            self.place = Place::LineStart;
        } else {
            self.cut_block.bytes.truncate(cut);
            self.split_cut_block()?;
        }
        Ok(event)
    }

    /// Hands the block that the last chunk cut over to the other lanes, which find nothing to
    /// report in it: it has not ended, and is within the limits.
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
