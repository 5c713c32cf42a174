//! Lines that chunks cut, the BOM, and a CRLF across a chunk border.
//!
//! A line that lies in one chunk never comes here. Each byte of a cut line is looked at once: its
//! value goes fragment by fragment to the buffer where it ends up. Nothing is kept of a line that
//! is ignored.

use alloc::vec::Vec;

use memchr::memchr;

use crate::block::{Held, Text};
use crate::buffer::{append, clear_bytes};
use crate::chunk::Chunk;
use crate::decode::{decode_from, decode_within, decoded_len};
use crate::field::{Field, LONGEST_NAME, LineKind, Retry, begin_data_line};
use crate::{LimitKind, Limits, work};

const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Where the stream stands between two chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// At the start of a line.
    LineStart,
    /// At the start of the stream, after this many bytes of a BOM.
    Bom(u8),
    /// After a CR: an LF that comes next is part of the same line end.
    AfterCr,
    /// Inside a line that the chunk cut.
    MidLine,
}

/// Strips one leading BOM (Encoding Standard, "UTF-8 decode"), however it is cut.
///
/// Returns where the stream stands afterwards. If it starts with only a part of a BOM, that part
/// begins a line whose name is not a known field, so nothing of it has to be kept.
pub(crate) fn strip_bom(chunk: &mut Chunk<'_>, mut matched: u8) -> Resume {
    while let Some(expected) = BOM.get(usize::from(matched)) {
        if chunk.is_empty() {
            return Resume::Bom(matched);
        }
        if !chunk.take_byte(*expected) {
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

/// A line of which a part has arrived: at least one byte, so it is never blank.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(crate) struct PartialLine {
    part: Part,
    /// Where the line begins, in bytes from the start of the stream.
    pub(crate) offset: u64,
}

#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The name so far.
    Name([u8; LONGEST_NAME], usize),
    /// Right after the colon of this kind of line: one space is skipped.
    Colon(LineKind),
    /// Inside the value of a `data` field, which begins at this position of the data buffer.
    Data(usize),
    /// Inside the value of another kind of line.
    Value(LineKind),
    /// Inside the value of a `retry` field.
    Retry(Retry),
    /// Nothing of this line will be used.
    Ignored,
}

impl Default for Part {
    fn default() -> Self {
        Self::Name([0; LONGEST_NAME], 0)
    }
}

/// What the end of a cut line leaves to do.
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

    /// Drops what has arrived of the line and ignores the rest.
    pub(crate) fn ignore(&mut self) {
        self.part = Part::Ignored;
    }

    /// The path of small chunks: reads a fragment that only continues the name, the value or an
    /// ignored line. False if there is more to it, and nothing was read.
    #[inline]
    pub(crate) fn push_on(&mut self, fragment: &[u8], held: &mut Held, limits: &Limits) -> bool {
        if matches!(self.part, Part::Name(_, 0)) && self.start_data(fragment, held, limits) {
            return true;
        }
        match &mut self.part {
            Part::Data(_) => append(&mut held.data, fragment, limits.data),
            Part::Ignored => true,
            Part::Name(name, len) if fragment == b":" => {
                if name[..*len] != *b"data" || held.data.len() >= limits.data {
                    return false;
                }
                self.part = Part::Colon(LineKind::Field(Field::Data));
                begin_data(held, limits).is_ok()
            }
            Part::Name(name, len) => push_name(name, len, fragment),
            Part::Value(LineKind::Field(Field::Id)) => {
                memchr(0, fragment).is_none()
                    && append(&mut held.value, fragment, limits.last_event_id)
            }
            Part::Value(kind) => append(&mut held.value, fragment, limits.of(limit_kind(*kind))),
            Part::Colon(LineKind::Field(Field::Data)) => {
                let start = held.data.len();
                let value = fragment.strip_prefix(b" ").unwrap_or(fragment);
                self.part = Part::Data(start);
                append(&mut held.data, value, limits.data)
            }
            Part::Colon(_) | Part::Retry(_) => false,
        }
    }

    /// Reads the first fragment of a line if it is `data: ` and some of the value; false if it is
    /// not, or would be over the limit.
    #[inline]
    pub(crate) fn start_data(&mut self, fragment: &[u8], held: &mut Held, limits: &Limits) -> bool {
        let Some(value) = fragment.strip_prefix(b"data: ") else {
            return false;
        };
        let with_value = held.data.len().saturating_add(1 + value.len());
        if value.is_empty() || with_value > limits.data || begin_data(held, limits).is_err() {
            return false;
        }
        self.part = Part::Data(held.data.len());
        held.data.extend_from_slice(value);
        work::count(value.len());
        true
    }

    /// Reads the next fragment if it is data; false if it is not, or is over the limit.
    #[inline]
    pub(crate) fn push_data(&mut self, fragment: &[u8], held: &mut Held, limits: &Limits) -> bool {
        matches!(self.part, Part::Data(_)) && append(&mut held.data, fragment, limits.data)
    }

    /// Reads the next fragment of the line, whatever it contains.
    pub(crate) fn push(
        &mut self,
        fragment: &[u8],
        held: &mut Held,
        limits: &Limits,
        comments: bool,
    ) -> Result<(), LimitKind> {
        let Part::Name(mut name, mut len) = self.part else {
            return self.push_value(fragment, held, limits);
        };
        for (n, byte) in fragment.iter().enumerate() {
            if *byte == b':' {
                self.part = begin_value(LineKind::of_name(&name[..len]), held, limits, comments)?;
                return self.push_value(&fragment[n + 1..], held, limits);
            }
            if len == LONGEST_NAME {
                self.ignore();
                return Ok(());
            }
            name[len] = *byte;
            len += 1;
        }
        self.part = Part::Name(name, len);
        Ok(())
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
            LineKind::Field(Field::Data) => Part::Data(held.data.len()),
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
            Part::Data(_) => push_within(&mut held.data, bytes, limits, LimitKind::Data),
            Part::Value(LineKind::Field(Field::Id)) => self.push_id(bytes, held, limits),
            Part::Value(kind) => push_within(&mut held.value, bytes, limits, limit_kind(*kind)),
            Part::Retry(retry) => {
                retry.push(bytes);
                Ok(())
            }
            Part::Name(..) | Part::Colon(_) | Part::Ignored => Ok(()),
        }
    }

    /// An ID with a NUL is ignored, so the bytes after the NUL are not kept.
    fn push_id(&mut self, bytes: &[u8], held: &mut Held, limits: &Limits) -> Result<(), LimitKind> {
        work::count(bytes.len());
        let nul = memchr(0, bytes);
        let before = &bytes[..nul.unwrap_or(bytes.len())];
        push_within(&mut held.value, before, limits, LimitKind::LastEventId)?;
        if nul.is_some() {
            self.ignore();
            let fits = decoded_len(&held.value) <= limits.last_event_id;
            return fits.then_some(()).ok_or(LimitKind::LastEventId);
        }
        Ok(())
    }

    /// The line has ended and its value is complete: processes the field (9.2.6).
    pub(crate) fn end(&mut self, held: &mut Held, limits: &Limits) -> Result<LineEnd, LimitKind> {
        if let Part::Name(name, len) = self.part {
            // The name is the whole line: not a comment, and the value is empty.
            self.part = begin_value(LineKind::of_name(&name[..len]), held, limits, false)?;
        }
        match self.part {
            Part::Data(start) => end_data(held, limits.data, start),
            Part::Colon(kind) | Part::Value(kind) => end_value(kind, held, limits),
            Part::Retry(retry) => Ok(retry.finish().map_or(LineEnd::Nothing, LineEnd::Retry)),
            Part::Name(..) | Part::Ignored => Ok(LineEnd::Nothing),
        }
    }
}

/// Bytes that are over the limit are over it after decoding, too: decoding never shortens them.
#[inline]
fn push_within(
    buffer: &mut Vec<u8>,
    bytes: &[u8],
    limits: &Limits,
    kind: LimitKind,
) -> Result<(), LimitKind> {
    let fits = append(buffer, bytes, limits.of(kind));
    fits.then_some(()).ok_or(kind)
}

/// Makes the data buffer UTF-8 again.
fn end_data(held: &mut Held, limit: usize, start: usize) -> Result<LineEnd, LimitKind> {
    let fits = decode_from(&mut held.data, start, &mut held.comment, limit);
    fits.then_some(LineEnd::Nothing).ok_or(LimitKind::Data)
}

fn end_value(kind: LineKind, held: &mut Held, limits: &Limits) -> Result<LineEnd, LimitKind> {
    let (buffer, came) = match kind {
        LineKind::Field(Field::Event) => (&mut held.event_type, &mut held.fields.event_type),
        LineKind::Field(Field::Id) => (&mut held.id, &mut held.fields.id),
        LineKind::Comment => (&mut held.comment, &mut false),
        _ => return Ok(LineEnd::Nothing),
    };
    let limit_kind = limit_kind(kind);
    if !decode_within(&held.value, buffer, limits.of(limit_kind)) {
        return Err(limit_kind);
    }
    *came = true;
    Ok(if kind == LineKind::Comment {
        LineEnd::Comment
    } else {
        LineEnd::Nothing
    })
}

fn limit_kind(kind: LineKind) -> LimitKind {
    match kind {
        LineKind::Field(Field::Event) => LimitKind::EventType,
        LineKind::Field(Field::Id) => LimitKind::LastEventId,
        _ => LimitKind::Comment,
    }
}

/// The colon has arrived: prepares the buffer for the value.
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
        LineKind::Comment | LineKind::Field(_) => clear_bytes(&mut held.value),
    }
    Ok(Part::Colon(kind))
}

fn begin_data(held: &mut Held, limits: &Limits) -> Result<(), LimitKind> {
    let lines = core::mem::replace(&mut held.fields.data, true).then_some(Text::Held);
    begin_data_line(&mut held.data, lines, limits.data).ok_or(LimitKind::Data)
}

/// Continues the name; false if the name gets too long for a known field, or the colon is in the
/// fragment.
#[inline]
fn push_name(name: &mut [u8; LONGEST_NAME], len: &mut usize, fragment: &[u8]) -> bool {
    let Some(place) = name.get_mut(*len..*len + fragment.len()) else {
        return false;
    };
    if fragment.contains(&b':') {
        return false;
    }
    place.copy_from_slice(fragment);
    *len += fragment.len();
    true
}

#[cfg(all(test, feature = "reference"))]
impl PartialLine {
    /// Overwrites leftovers that must not matter any more.
    pub(crate) fn poison(&mut self, held_value: &mut Vec<u8>) {
        let used = match self.part {
            Part::Colon(kind) | Part::Value(kind) => {
                kind != LineKind::Field(Field::Data) && kind != LineKind::Field(Field::Retry)
            }
            Part::Name(..) | Part::Data(_) | Part::Retry(_) | Part::Ignored => false,
        };
        if !used {
            *held_value = b"stale".to_vec();
        }
    }
}
