//! The fast path: blocks whose lines lie whole in checked text, and whose fields are slices of it.

use alloc::vec::Vec;

use memchr::memchr;

use crate::{
    Limits,
    block::{Block, Held, Text, refill_bytes},
    chunk::find_line_end,
    field::{Field, LineKind},
    work,
};

/// How far a walk came.
pub(crate) struct Walk<'c> {
    text: &'c str,
    /// What of the text was not read.
    rest: &'c str,
    /// What of the text was not read when the last block ended, if one did.
    after_block: Option<&'c str>,
    pub(crate) block: Block<'c>,
    pub(crate) lines: u64,
}

/// A line, and the text after its end.
struct Line<'c> {
    kind: LineKind,
    value: &'c str,
    rest: &'c str,
}

impl<'c> Walk<'c> {
    pub(crate) fn new(text: &'c str) -> Self {
        Self {
            text,
            rest: text,
            after_block: None,
            block: Block::default(),
            lines: 0,
        }
    }

    /// How many bytes of the text were read.
    #[inline]
    pub(crate) fn read(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// How many bytes were read since a block ended; `None` where none did.
    #[inline]
    pub(crate) fn read_after_block(&self) -> Option<usize> {
        Some(self.after_block?.len() - self.rest.len())
    }

    /// Reads up to the end of a block that dispatches an event, and gives its data.
    ///
    /// `None` before a line that is not all there, or that is not as simple as most.
    #[inline]
    pub(crate) fn next_event(
        &mut self,
        held: &mut Held,
        limits: &Limits,
        comments: bool,
    ) -> Option<Text<'c>> {
        loop {
            let line = Line::of(self.rest)?;
            let value = line.value;
            match line.kind {
                LineKind::Field(Field::Data) => self.add_data(held, value, limits.data)?,
                LineKind::Blank if self.block.data.is_some() => {
                    self.end_block(line.rest);
                    return self.block.data;
                }
                // The ID of a block without data is set too: not here.
                LineKind::Blank if self.block.id.is_none() => {
                    self.end_block(line.rest);
                    self.block = Block::default();
                    continue;
                }
                LineKind::Field(Field::Event) if value.len() <= limits.event_type => {
                    self.block.event_type = Some(Text::Chunk(value));
                }
                LineKind::Field(Field::Id)
                    if value.len() <= limits.last_event_id && !contains_nul(value) =>
                {
                    self.block.id = Some(Text::Chunk(value));
                }
                LineKind::Comment if !comments => {}
                LineKind::Other => {}
                _ => return None,
            }
            self.rest = line.rest;
            self.lines += 1;
        }
    }

    #[inline]
    fn add_data(&mut self, held: &mut Held, value: &'c str, limit: usize) -> Option<()> {
        let Some(lines) = self.block.data else {
            self.block.data = (value.len() <= limit).then_some(Text::Chunk(value));
            return self.block.data.map(|_| ());
        };
        let before = match lines {
            Text::Chunk(first) => first.len(),
            Text::Held => held.data.len(),
        };
        if before.saturating_add(1).saturating_add(value.len()) > limit {
            return None;
        }
        append_line(&mut held.data, lines, value);
        self.block.data = Some(Text::Held);
        Some(())
    }

    #[inline]
    fn end_block(&mut self, rest: &'c str) {
        self.rest = rest;
        self.after_block = Some(rest);
        self.lines += 1;
    }
}

fn append_line(buffer: &mut Vec<u8>, lines: Text<'_>, value: &str) {
    if let Text::Chunk(first) = lines {
        refill_bytes(buffer, first.as_bytes());
    }
    work::count(value.len());
    buffer.reserve(1 + value.len());
    buffer.push(b'\n');
    buffer.extend_from_slice(value.as_bytes());
}

fn contains_nul(id: &str) -> bool {
    work::count(id.len());
    memchr(0, id.as_bytes()).is_some()
}

impl<'c> Line<'c> {
    /// The first line of the text; `None` where its end is not in it, or may be cut after a CR.
    #[inline]
    fn of(text: &'c str) -> Option<Self> {
        let (line, end) = text.split_at_checked(find_line_end(text.as_bytes())?)?;
        let (kind, value) = LineKind::of(line.as_bytes());
        let rest = match end.as_bytes() {
            [b'\r', b'\n', ..] => end.get(2..),
            [b'\n', ..] | [b'\r', _, ..] => end.get(1..),
            _ => None,
        };
        Some(Self {
            kind,
            value: line.get(value..)?,
            rest: rest?,
        })
    }
}
