//! The fast path: blocks whose lines lie whole in checked text, and whose fields are slices of it.

use memchr::memchr;

use crate::{
    Limits,
    chunk::find_line_end,
    field::{Field, LineKind},
    work,
};

/// The fields of a block, as they lie in the chunk.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fields<'c> {
    pub(crate) event_type: Option<&'c str>,
    pub(crate) data: Option<&'c str>,
    pub(crate) id: Option<&'c str>,
}

/// How far a walk came.
pub(crate) struct Walk<'c> {
    text: &'c str,
    /// What of the text was not read.
    rest: &'c str,
    /// What of the text was not read when the last block ended, if one did.
    after_block: Option<&'c str>,
    pub(crate) fields: Fields<'c>,
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
            fields: Fields::default(),
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
    /// `None` before a line that is not all there, or that wants more than a slice of the text.
    #[inline]
    pub(crate) fn next_event(&mut self, limits: &Limits, comments: bool) -> Option<&'c str> {
        loop {
            let line = Line::of(self.rest)?;
            let value = line.value;
            match line.kind {
                LineKind::Field(Field::Data)
                    if self.fields.data.is_none() && value.len() <= limits.data =>
                {
                    self.fields.data = Some(value);
                }
                LineKind::Blank if self.fields.data.is_some() => {
                    self.end_block(line.rest);
                    return self.fields.data;
                }
                // The ID of a block without data is set too: not here.
                LineKind::Blank if self.fields.id.is_none() => {
                    self.end_block(line.rest);
                    self.fields = Fields::default();
                    continue;
                }
                LineKind::Field(Field::Event) if value.len() <= limits.event_type => {
                    self.fields.event_type = Some(value);
                }
                LineKind::Field(Field::Id)
                    if value.len() <= limits.last_event_id && !contains_nul(value) =>
                {
                    self.fields.id = Some(value);
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
    fn end_block(&mut self, rest: &'c str) {
        self.rest = rest;
        self.after_block = Some(rest);
        self.lines += 1;
    }
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
