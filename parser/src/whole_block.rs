//! The fast path: a block that lies whole in the chunk, is text, and has one `data` line.
//!
//! That is nearly every block there is. Nothing of it is kept between its lines, and nothing has to
//! be made ready for the next one. What is not as simple is left as it was, and read line by line.

use memchr::memchr;

use crate::{Chunk, Limits, work};

/// The values of the block, which are slices of the chunk.
#[derive(Clone, Copy, Default)]
pub(crate) struct WholeBlock<'c> {
    /// Empty where the block names none.
    pub(crate) event_type: &'c str,
    pub(crate) data: &'c str,
    pub(crate) id: Option<&'c str>,
    pub(crate) lines: u64,
    /// Where it ends.
    pub(crate) end: usize,
}

impl<'c> Chunk<'c> {
    /// Reads the block that begins here: its data, and before or after them its type and ID.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn whole_block(&mut self, limits: &Limits) -> Option<WholeBlock<'c>> {
        let line = self.text_line(self.position())?;
        let block = match value(line.text, "data:") {
            Some(data) if line.is_last && data.len() <= limits.data => WholeBlock {
                data,
                lines: 2,
                end: line.next,
                ..WholeBlock::default()
            },
            _ => self.block_of_lines(line, limits)?,
        };
        self.move_to(block.end);
        Some(block)
    }

    /// The same for a block that begins with this line, and has others.
    #[inline(never)]
    fn block_of_lines(&mut self, mut line: Line<'c>, limits: &Limits) -> Option<WholeBlock<'c>> {
        let mut block = WholeBlock::default();
        let mut data = None;
        loop {
            block.lines += 1;
            if let Some(event_type) = value(line.text, "event:") {
                block.event_type = event_type;
            } else if let (None, Some(value)) = (data, value(line.text, "data:")) {
                data = Some(value);
            } else {
                block.id = Some(value(line.text, "id:").filter(|id| is_valid_id(id, limits))?);
            }
            if line.is_last {
                break;
            }
            line = self.text_line(line.next)?;
        }
        block.data = data?;
        block.lines += 1;
        block.end = line.next;
        let fits = block.data.len() <= limits.data && block.event_type.len() <= limits.event_type;
        fits.then_some(block)
    }

    /// The line that begins at `start`.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn text_line(&mut self, start: usize) -> Option<Line<'c>> {
        let end = self.line_end(start)?;
        let text = self.text(start..end)?;
        let (next, is_last) = match self.all_bytes().get(end..)? {
            [b'\n', b'\n', ..] => (end + 2, true),
            [b'\r', b'\n', b'\r', b'\n', ..] => (end + 4, true),
            // Rare, or the chunk ends here: what follows may be a blank line.
            [b'\r', b'\n', next, ..] if *next != b'\r' => (end + 2, false),
            [b'\n', next, ..] if *next != b'\r' => (end + 1, false),
            _ => return None,
        };
        Some(Line {
            text,
            next,
            is_last,
        })
    }
}

/// A line of text without its end.
struct Line<'c> {
    text: &'c str,
    /// Whether a blank line follows.
    is_last: bool,
    /// Where what follows begins: the next line, or the next block.
    next: usize,
}

/// The value where the line is that field: past the colon and one space.
#[inline]
fn value<'c>(line: &'c str, name_and_colon: &str) -> Option<&'c str> {
    let value = line.strip_prefix(name_and_colon)?;
    Some(value.strip_prefix(' ').unwrap_or(value))
}

fn is_valid_id(id: &str, limits: &Limits) -> bool {
    work::count(id.len());
    id.len() <= limits.last_event_id && memchr(0, id.as_bytes()).is_none()
}
