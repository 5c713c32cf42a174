//! The fast path: a block that lies whole in the chunk and is valid UTF-8.
//!
//! Nearly all blocks are like that. No state is kept between their lines, and none has to be
//! prepared for the next one. Anything less simple is left untouched for the line-by-line path.

use alloc::vec::Vec;
use core::ops::Range;

use memchr::memchr;

use crate::block::Text;
use crate::buffer::{append_line, refill_bytes};
use crate::{Chunk, Limits, work};

/// The values of the block.
#[derive(Clone, Copy)]
pub(crate) struct WholeBlock<'c> {
    /// Empty if the block does not name a type.
    pub(crate) event_type: &'c str,
    /// `Text::Held` if it has several lines.
    pub(crate) data: Text<'c>,
    pub(crate) id: Option<&'c str>,
    pub(crate) lines: u64,
    /// Where the block ends in the chunk.
    pub(crate) end: usize,
}

impl<'c> Chunk<'c> {
    /// Reads the block at the cursor. Several lines of data are joined in `joined`.
    // As a call, an event of `tiny` takes one and a half times as long.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn whole_block(
        &mut self,
        limits: &Limits,
        joined: &mut Vec<u8>,
    ) -> Option<WholeBlock<'c>> {
        if self.is_no_text() {
            return None;
        }
        let block = match self.block_of_one_line(limits) {
            Some(block) => block,
            None => self.block_of_lines(limits, joined)?,
        };
        self.move_to(block.end);
        Some(block)
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn block_of_one_line(&mut self, limits: &Limits) -> Option<WholeBlock<'c>> {
        let bytes = self.all_bytes();
        let start = self.position();
        let data = start + value(bytes.get(start..)?, b"data:")?;
        let line_end = self.line_end(start)?;
        let (end, is_last) = after_line(bytes, line_end)?;
        let data = self.text(data..line_end)?;
        (is_last && data.len() <= limits.data).then_some(WholeBlock {
            event_type: "",
            data: Text::Chunk(data),
            id: None,
            lines: 2,
            end,
        })
    }

    /// The same for a block that is not a single line of data.
    #[inline(never)]
    fn block_of_lines(&mut self, limits: &Limits, joined: &mut Vec<u8>) -> Option<WholeBlock<'c>> {
        let (bytes, start) = (self.all_bytes(), self.position());
        let (mut event_type, mut id, mut data) = (None, None, Data::None);
        let (mut at, mut lines) = (start, 1);
        loop {
            let end = self.line_end(at)?;
            let line = bytes.get(at..end)?;
            if let Some(value) = value(line, b"data:") {
                data = data.join(at + value..end, bytes, limits.data, joined)?;
            } else if let Some(value) = value(line, b"event:") {
                event_type = Some(within(limits.event_type, at + value..end)?);
            } else {
                let value = value(line, b"id:")?;
                id = Some(within(limits.last_event_id, at + value..end)?);
            }
            let (next, is_last) = after_line(bytes, end)?;
            (at, lines) = (next, lines + 1);
            if is_last {
                break;
            }
        }
        let text = self.text(start..at)?;
        let slice = |value: Range<usize>| text.get(value.start - start..value.end - start);
        let id = id.map_or(Some(None), |id| slice(id).map(Some))?;
        if id.is_some_and(contains_nul) {
            return None;
        }
        Some(WholeBlock {
            event_type: event_type.map_or(Some(""), slice)?,
            data: match data {
                Data::None => return None,
                Data::Line(line) => Text::Chunk(slice(line)?),
                Data::Joined => Text::Held,
            },
            id,
            lines,
            end: at,
        })
    }
}

/// The start of the next line, or of the next block if a blank line follows the line that ends at
/// `end`.
///
/// `None` for rare line ends, and if the chunk ends here, because a blank line may come next.
#[inline]
fn after_line(bytes: &[u8], end: usize) -> Option<(usize, bool)> {
    match (bytes.get(end)?, bytes.get(end + 1)?) {
        (b'\n', b'\n') => Some((end + 2, true)),
        (b'\n', b'\r') => None,
        (b'\n', _) => Some((end + 1, false)),
        (_, b'\n') => after_crlf(bytes, end + 2),
        _ => None,
    }
}

fn after_crlf(bytes: &[u8], end: usize) -> Option<(usize, bool)> {
    match bytes.get(end..)? {
        [b'\r', b'\n', ..] => Some((end + 2, true)),
        [next, ..] if !matches!(next, b'\r' | b'\n') => Some((end, false)),
        _ => None,
    }
}

/// Where the value begins if the line is that field: after the colon and one space.
#[inline]
fn value<const N: usize>(line: &[u8], name_and_colon: &[u8; N]) -> Option<usize> {
    let value = line.strip_prefix(name_and_colon)?;
    Some(N + usize::from(value.first() == Some(&b' ')))
}

/// The `data` lines of the block so far.
enum Data {
    None,
    /// One line, at this range.
    Line(Range<usize>),
    Joined,
}

impl Data {
    /// Adds the line at `value`; `None` if that is over the limit.
    #[inline]
    fn join(
        self,
        value: Range<usize>,
        bytes: &[u8],
        limit: usize,
        joined: &mut Vec<u8>,
    ) -> Option<Self> {
        match self {
            Self::None => return (value.len() <= limit).then_some(Self::Line(value)),
            Self::Line(first) => refill_bytes(joined, bytes.get(first)?),
            Self::Joined => {}
        }
        append_line(joined, bytes, value, limit).then_some(Self::Joined)
    }
}

fn within(limit: usize, value: Range<usize>) -> Option<Range<usize>> {
    (value.len() <= limit).then_some(value)
}

fn contains_nul(id: &str) -> bool {
    work::count(id.len());
    memchr(0, id.as_bytes()).is_some()
}
