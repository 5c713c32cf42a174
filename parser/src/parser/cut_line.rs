//! The lane of lines that chunks cut.
//!
//! Each fragment is looked at once, when it arrives, and its text goes to the buffer where it ends
//! up. Nothing is kept of a line that is ignored. At its end the line is processed like any other.

use super::process::Report;
use crate::block::{Block, Held, Text};
use crate::buffer::Buffer;
use crate::decode::Decoder;
use crate::event::Content;
use crate::field::{Field, LONGEST_NAME, LineKind, Retry, begin_data_line, find_nul};
use crate::{LimitKind, Limits};

/// A line of which a part has arrived: at least one byte, so it is never blank.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(super) struct CutLine {
    part: Part,
    decoder: Decoder,
    /// Where the line begins, in bytes from the start of the stream.
    pub(super) offset: u64,
}

#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The name so far.
    Name([u8; LONGEST_NAME], usize),
    /// Right after the colon of this kind of line: one space is skipped.
    Colon(LineKind),
    /// Inside the value. It goes to the data, or to [`Held::value`].
    Value(LineKind),
    /// Inside the value of a `retry` field.
    Retry(Retry),
    /// Nothing of this line will be used.
    Ignored(Content),
}

impl Default for Part {
    fn default() -> Self {
        Self::Name([0; LONGEST_NAME], 0)
    }
}

/// A cut line that has ended.
pub(super) enum Ended {
    /// The value is in [`Held`].
    Line(LineKind),
    Retry(Retry),
    Ignored(Content),
}

impl CutLine {
    /// Begins a line that starts at `offset`.
    pub(super) fn begin(&mut self, offset: u64) {
        *self = Self {
            offset,
            ..Self::default()
        };
    }

    /// Begins the first line of the stream with these bytes, fewer than the longest name has.
    pub(super) fn begin_with(&mut self, bytes: &[u8]) {
        let mut name = [0; LONGEST_NAME];
        name[..bytes.len()].copy_from_slice(bytes);
        self.begin(0);
        self.part = Part::Name(name, bytes.len());
    }

    /// Drops what has arrived of the line and ignores the rest.
    pub(super) fn ignore(&mut self, content: Content) {
        self.part = Part::Ignored(content);
    }

    /// Ignores the line, unless it is a field: nobody asks for it any more.
    pub(super) fn ignore_unless_field(&mut self) {
        if let Part::Colon(kind @ (LineKind::Comment | LineKind::Other))
        | Part::Value(kind @ (LineKind::Comment | LineKind::Other)) = self.part
        {
            self.ignore(kind.content());
        }
    }

    /// What has arrived, as a part of its block.
    pub(super) fn content(&self) -> Content {
        match self.part {
            Part::Colon(kind) | Part::Value(kind) => kind.content(),
            Part::Name(..) | Part::Retry(_) => Content::Fields,
            Part::Ignored(content) => content,
        }
    }

    /// Reads the next fragment.
    pub(super) fn push(
        &mut self,
        fragment: &[u8],
        held: &mut Held,
        block: &mut Block<'_>,
        limits: &Limits,
        report: Report,
    ) -> Result<(), LimitKind> {
        let mut rest = fragment;
        if let Part::Name(mut name, len) = self.part {
            let room = LONGEST_NAME - len;
            let colon = rest.iter().take(room + 1).position(|byte| *byte == b':');
            let end = colon.unwrap_or(rest.len());
            let kind = match name.get_mut(len..len + end) {
                Some(place) => {
                    place.copy_from_slice(&rest[..end]);
                    if colon.is_none() {
                        self.part = Part::Name(name, len + end);
                        return Ok(());
                    }
                    LineKind::of_name(&name[..len + end])
                }
                None => LineKind::Other,
            };
            self.begin_value(kind, held, block, limits, report)?;
            if let Part::Value(LineKind::Other) = self.part {
                // This line is kept whole.
                self.push_value(kind, &name[..len], held, limits)?;
            } else {
                rest = rest.get(end + 1..).unwrap_or_default();
            }
        }
        if let (Part::Colon(kind), [first, ..]) = (self.part, rest) {
            self.part = match kind {
                LineKind::Field(Field::Retry) => Part::Retry(Retry::default()),
                kind => Part::Value(kind),
            };
            rest = &rest[usize::from(*first == b' ')..];
        }
        match self.part {
            Part::Value(kind) => self.push_value(kind, rest, held, limits),
            Part::Retry(ref mut retry) => {
                retry.push(rest);
                Ok(())
            }
            Part::Name(..) | Part::Colon(_) | Part::Ignored(_) => Ok(()),
        }
    }

    /// The name has ended: prepares the buffer for the value.
    fn begin_value(
        &mut self,
        kind: LineKind,
        held: &mut Held,
        block: &mut Block<'_>,
        limits: &Limits,
        report: Report,
    ) -> Result<(), LimitKind> {
        self.part = match kind {
            LineKind::Comment if report == Report::Events => Part::Ignored(Content::Comments),
            LineKind::Other if report != Report::Everything => Part::Ignored(Content::Fields),
            LineKind::Other => Part::Value(kind),
            kind => Part::Colon(kind),
        };
        if kind == LineKind::Field(Field::Data) {
            begin_data_line(&mut held.data, block.data, limits.data).ok_or(LimitKind::Data)?;
            block.data = block.data.map(|_| Text::Held);
            return Ok(());
        }
        held.value.clear();
        Ok(())
    }

    #[inline]
    fn push_value(
        &mut self,
        kind: LineKind,
        value: &[u8],
        held: &mut Held,
        limits: &Limits,
    ) -> Result<(), LimitKind> {
        let nul = match kind {
            LineKind::Field(Field::Id) => find_nul(value),
            _ => None,
        };
        let (buffer, limit) = buffer_of(kind, held);
        let kept = &value[..nul.unwrap_or(value.len())];
        let mut fits = self.decoder.push(kept, buffer, limits.of(limit));
        if nul.is_some() {
            fits = fits && self.decoder.finish(buffer, limits.of(limit));
            self.part = Part::Ignored(Content::Fields);
        }
        fits.then_some(()).ok_or(limit)
    }

    /// The line has ended.
    pub(super) fn end(
        &mut self,
        held: &mut Held,
        block: &mut Block<'_>,
        limits: &Limits,
        report: Report,
    ) -> Result<Ended, LimitKind> {
        if let Part::Name(name, len) = self.part {
            // The name is the whole line: not a comment, and the value is empty.
            let kind = LineKind::of_name(&name[..len]);
            self.begin_value(kind, held, block, limits, report)?;
            if let Part::Value(LineKind::Other) = self.part {
                self.push_value(kind, &name[..len], held, limits)?;
            }
        }
        match self.part {
            Part::Colon(kind) | Part::Value(kind) => {
                let (buffer, limit) = buffer_of(kind, held);
                let fits = self.decoder.finish(buffer, limits.of(limit));
                fits.then_some(Ended::Line(kind)).ok_or(limit)
            }
            Part::Retry(retry) => Ok(Ended::Retry(retry)),
            Part::Ignored(content) => Ok(Ended::Ignored(content)),
            Part::Name(..) => Ok(Ended::Ignored(Content::Fields)),
        }
    }
}

/// Where the value goes, and the limit that it counts towards.
#[inline]
fn buffer_of(kind: LineKind, held: &mut Held) -> (&mut Buffer, LimitKind) {
    match kind {
        LineKind::Field(Field::Data) => (&mut held.data, LimitKind::Data),
        LineKind::Field(Field::Event) => (&mut held.value, LimitKind::EventType),
        LineKind::Field(Field::Id) => (&mut held.value, LimitKind::LastEventId),
        LineKind::Comment => (&mut held.value, LimitKind::Comment),
        LineKind::Field(Field::Retry) | LineKind::Blank | LineKind::Other => {
            (&mut held.value, LimitKind::IgnoredLine)
        }
    }
}

#[cfg(all(test, feature = "reference"))]
impl CutLine {
    /// Overwrites leftovers that must not matter any more.
    pub(super) fn poison(&self, held: &mut Held, data_is_used: bool) {
        let (value, data) = match self.part {
            Part::Colon(LineKind::Field(Field::Data))
            | Part::Value(LineKind::Field(Field::Data)) => (false, true),
            Part::Colon(kind) | Part::Value(kind) => (kind != LineKind::Field(Field::Retry), false),
            Part::Name(..) | Part::Retry(_) | Part::Ignored(_) => (false, false),
        };
        held.poison(value, data || data_is_used);
    }
}
