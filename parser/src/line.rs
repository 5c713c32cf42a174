//! The resumable line cutter: what a line is that chunks cut, the BOM, and CR LF over a border.
//!
//! A line that lies in one chunk never comes here. Of one that does not, each
//! byte is looked at once: its value goes fragment by fragment to the buffer
//! where it ends up, and of a line that is ignored nothing is kept.

use memchr::memchr;

use crate::{
    LimitKind, Limits,
    block::{Held, Text, clear},
    chunk::Chunk,
    decode::Decoder,
    field::{Field, LONGEST_NAME, LineKind, Retry, begin_data_line},
    work,
};

const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Where the stream stands between two chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// At the start of a line.
    LineStart,
    /// At the start of the stream, after this many bytes of a BOM.
    Bom(usize),
    /// After a CR: a LF that comes next belongs to it.
    AfterCr,
    /// Within a line that the chunk cut.
    MidLine,
}

/// Strips one leading BOM (Encoding Standard, "UTF-8 decode"), however it is cut.
///
/// Returns where the stream stands then. A part of a BOM that turns out to be
/// none begins a line whose name is no field: nothing of it has to be kept.
pub(crate) fn strip_bom(chunk: &mut Chunk<'_>, mut matched: usize) -> Resume {
    while matched < BOM.len() {
        if chunk.is_empty() {
            return Resume::Bom(matched);
        }
        if !chunk.take_byte(BOM[matched]) {
            return if matched == 0 {
                Resume::LineStart
            } else {
                Resume::MidLine
            };
        }
        matched += 1;
    }
    Resume::LineStart
}

/// A line of which a part has come: at least one byte, so it is never a blank one.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(crate) struct PartialLine {
    part: Part,
    decoder: Decoder,
    /// Where the line begins: bytes from the start of the stream.
    pub(crate) offset: u64,
}

#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The name, so far.
    Name([u8; LONGEST_NAME], usize),
    /// After the colon of this kind of line, where one space is skipped.
    Colon(LineKind),
    /// Within the value.
    Value(LineKind),
    /// Within the value of a `retry` field.
    Retry(Retry),
    /// Nothing of this line will be used.
    Ignored,
}

impl Default for Part {
    fn default() -> Self {
        Self::Name([0; LONGEST_NAME], 0)
    }
}

/// What the end of a cut line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    Nothing,
    Comment,
    Retry(u64),
}

impl PartialLine {
    /// Begins a line that starts at `offset`.
    pub(crate) fn begin(&mut self, offset: u64) {
        *self = Self {
            offset,
            ..Self::default()
        };
    }

    /// Forgets what came of the line; the rest of it is ignored.
    pub(crate) fn ignore(&mut self) {
        self.part = Part::Ignored;
    }

    /// Reads the next fragment of the line.
    #[inline]
    pub(crate) fn push(
        &mut self,
        fragment: &[u8],
        held: &mut Held,
        limits: &Limits,
        comments: bool,
    ) -> Result<(), LimitKind> {
        // What goes on within a long value is the most frequent, and the least work.
        if let Part::Value(kind @ LineKind::Field(Field::Data)) = self.part {
            return self.decode(kind, fragment, held, limits);
        }
        self.push_start(fragment, held, limits, comments)
    }

    fn push_start(
        &mut self,
        fragment: &[u8],
        held: &mut Held,
        limits: &Limits,
        comments: bool,
    ) -> Result<(), LimitKind> {
        let mut rest = fragment;
        while let Part::Name(name, len) = self.part {
            let Some((&byte, after)) = rest.split_first() else {
                return Ok(());
            };
            rest = after;
            self.part = if byte == b':' {
                begin_value(LineKind::of_name(&name[..len]), held, limits, comments)?
            } else {
                push_name(name, len, byte)
            };
        }
        self.push_value(rest, held, limits)
    }

    fn push_value(
        &mut self,
        value: &[u8],
        held: &mut Held,
        limits: &Limits,
    ) -> Result<(), LimitKind> {
        let (Some(first), Part::Colon(kind)) = (value.first(), self.part) else {
            return self.push_text(value, held, limits);
        };
        self.part = match kind {
            LineKind::Field(Field::Retry) => Part::Retry(Retry::default()),
            _ => Part::Value(kind),
        };
        let space = usize::from(*first == b' ');
        self.push_text(&value[space..], held, limits)
    }

    fn push_text(
        &mut self,
        bytes: &[u8],
        held: &mut Held,
        limits: &Limits,
    ) -> Result<(), LimitKind> {
        match &mut self.part {
            Part::Value(LineKind::Field(Field::Id)) => self.push_id(bytes, held, limits),
            Part::Value(kind) => {
                let kind = *kind;
                self.decode(kind, bytes, held, limits)
            }
            Part::Retry(retry) => {
                retry.push(bytes);
                Ok(())
            }
            Part::Name(..) | Part::Colon(_) | Part::Ignored => Ok(()),
        }
    }

    /// An ID with a NUL is ignored: what comes after the NUL is of no use.
    fn push_id(&mut self, bytes: &[u8], held: &mut Held, limits: &Limits) -> Result<(), LimitKind> {
        work::count(bytes.len());
        let nul = memchr(0, bytes);
        let kind = LineKind::Field(Field::Id);
        self.decode(kind, &bytes[..nul.unwrap_or(bytes.len())], held, limits)?;
        if nul.is_some() {
            self.finish_value(kind, held, limits)?;
            self.ignore();
        }
        Ok(())
    }

    /// Decodes into the buffer. However long the chunk, it holds little more than three times the
    /// limit before that is found out: a byte that fits may become a U+FFFD, which is three.
    #[inline]
    fn decode(
        &mut self,
        kind: LineKind,
        bytes: &[u8],
        held: &mut Held,
        limits: &Limits,
    ) -> Result<(), LimitKind> {
        let (buffer, limit_kind) = destination(kind, held);
        let limit = limits.of(limit_kind);
        // Decoding never shortens, and leaves at most three bytes for later.
        let room = limit.saturating_sub(buffer.len()).saturating_add(3);
        if bytes.len() > room {
            return Err(limit_kind);
        }
        self.decoder.push(buffer, bytes);
        if buffer.len() > limit {
            Err(limit_kind)
        } else {
            Ok(())
        }
    }

    fn finish_value(
        &mut self,
        kind: LineKind,
        held: &mut Held,
        limits: &Limits,
    ) -> Result<(), LimitKind> {
        let (buffer, limit_kind) = destination(kind, held);
        self.decoder.finish(buffer);
        if buffer.len() > limits.of(limit_kind) {
            Err(limit_kind)
        } else {
            Ok(())
        }
    }

    /// The line has ended: processes the field (9.2.6), all of whose value has come.
    pub(crate) fn end(
        &mut self,
        held: &mut Held,
        limits: &Limits,
        comments: bool,
    ) -> Result<LineEnd, LimitKind> {
        if let Part::Name(name, len) = self.part {
            // The name is the whole line: the value is empty.
            self.part = begin_value(LineKind::of_name(&name[..len]), held, limits, comments)?;
        }
        match self.part {
            Part::Colon(kind) | Part::Value(kind) => self.end_value(kind, held, limits),
            Part::Retry(retry) => Ok(retry.finish().map_or(LineEnd::Nothing, LineEnd::Retry)),
            Part::Name(..) | Part::Ignored => Ok(LineEnd::Nothing),
        }
    }

    fn end_value(
        &mut self,
        kind: LineKind,
        held: &mut Held,
        limits: &Limits,
    ) -> Result<LineEnd, LimitKind> {
        self.finish_value(kind, held, limits)?;
        match kind {
            LineKind::Comment => return Ok(LineEnd::Comment),
            LineKind::Field(Field::Event) => {
                core::mem::swap(&mut held.event_type, &mut held.value);
                held.block.event_type = Some(Text::Held);
            }
            LineKind::Field(Field::Id) => {
                core::mem::swap(&mut held.id, &mut held.value);
                held.block.id = Some(Text::Held);
            }
            _ => {}
        }
        Ok(LineEnd::Nothing)
    }
}

fn push_name(mut name: [u8; LONGEST_NAME], len: usize, byte: u8) -> Part {
    if len == LONGEST_NAME {
        return Part::Ignored;
    }
    name[len] = byte;
    Part::Name(name, len + 1)
}

/// The colon has come: makes the buffer ready that the value goes to.
fn begin_value(
    kind: LineKind,
    held: &mut Held,
    limits: &Limits,
    comments: bool,
) -> Result<Part, LimitKind> {
    match kind {
        LineKind::Field(Field::Data) => begin_data(held, limits)?,
        LineKind::Comment if !comments => return Ok(Part::Ignored),
        LineKind::Other | LineKind::Blank => return Ok(Part::Ignored),
        LineKind::Comment | LineKind::Field(_) => clear(&mut held.value),
    }
    Ok(Part::Colon(kind))
}

fn begin_data(held: &mut Held, limits: &Limits) -> Result<(), LimitKind> {
    let lines = held.block.data.replace(Text::Held);
    begin_data_line(&mut held.data, lines, limits.data).ok_or(LimitKind::Data)
}

/// Data goes straight to where it ends up; the others wait for the end of their line.
#[inline]
fn destination(kind: LineKind, held: &mut Held) -> (&mut alloc::string::String, LimitKind) {
    match kind {
        LineKind::Field(Field::Data) => (&mut held.data, LimitKind::Data),
        LineKind::Field(Field::Event) => (&mut held.value, LimitKind::EventType),
        LineKind::Field(Field::Id) => (&mut held.value, LimitKind::LastEventId),
        _ => (&mut held.value, LimitKind::Comment),
    }
}

#[cfg(all(test, feature = "reference"))]
impl PartialLine {
    /// Makes what must not matter any more recognisable.
    pub(crate) fn poison(&mut self, held_value: &mut alloc::string::String) {
        self.decoder.poison();
        let used = match self.part {
            Part::Colon(kind) | Part::Value(kind) => {
                kind != LineKind::Field(Field::Data) && kind != LineKind::Field(Field::Retry)
            }
            Part::Name(..) | Part::Retry(_) | Part::Ignored => false,
        };
        if !used {
            "stale".clone_into(held_value);
        }
    }
}
