//! 9.2.6, "process the field": which field a line holds, and the steps for each field.
//!
//! Standard: <https://html.spec.whatwg.org/multipage/server-sent-events.html#processField>

use alloc::vec::Vec;

use memchr::memchr;

use crate::block::{Block, Held, Text};
use crate::buffer::{append, append_line, clear_bytes, refill_bytes};
use crate::chunk::Value;
use crate::decode::{append_decoded, decoded_len};
use crate::{LimitKind, Limits, work};

/// The fields with a meaning. Names are compared literally, without case folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Event,
    Data,
    Id,
    Retry,
}

/// The length of the longest field name with a meaning, in bytes.
pub(crate) const LONGEST_NAME: usize = 5;

/// The kind of a line (9.2.6, "the lines must be processed").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// An empty line: dispatch the event.
    Blank,
    /// A line that starts with a colon.
    Comment,
    /// A field with a meaning.
    Field(Field),
    /// A field without a meaning, which is ignored.
    Other,
}

impl LineKind {
    /// The kind of the line, and where its value begins: after the colon and one space.
    #[inline]
    pub(crate) fn of(line: &[u8]) -> (Self, usize) {
        if line.starts_with(b"data: ") {
            return (Self::Field(Field::Data), 6);
        }
        let (kind, name) = match line {
            [] => return (Self::Blank, 0),
            [b'd', b'a', b't', b'a', ..] => (Self::Field(Field::Data), 4),
            [b'e', b'v', b'e', b'n', b't', ..] => (Self::Field(Field::Event), 5),
            [b'i', b'd', ..] => (Self::Field(Field::Id), 2),
            [b'r', b'e', b't', b'r', b'y', ..] => (Self::Field(Field::Retry), 5),
            [b':', ..] => (Self::Comment, 0),
            _ => return (Self::Other, 0),
        };
        match line[name..] {
            [] => (kind, name),
            [b':', b' ', ..] => (kind, name + 2),
            [b':', ..] => (kind, name + 1),
            _ => (Self::Other, 0),
        }
    }

    /// The kind of a line that begins with this name and a colon.
    pub(crate) fn of_name(name: &[u8]) -> Self {
        match name {
            b"" => Self::Comment,
            b"event" => Self::Field(Field::Event),
            b"data" => Self::Field(Field::Data),
            b"id" => Self::Field(Field::Id),
            b"retry" => Self::Field(Field::Retry),
            _ => Self::Other,
        }
    }
}

/// "event": set the event type buffer to the field value.
pub(crate) fn event<'c>(
    held: &mut Held,
    block: &mut Block<'c>,
    limits: &Limits,
    value: Value<'c>,
) -> Result<(), LimitKind> {
    let text = Text::of(value, &mut held.event_type, limits.event_type);
    block.event_type = Some(text.ok_or(LimitKind::EventType)?);
    Ok(())
}

/// "data": append the field value to the data buffer, then an LF (here, only before the next line).
#[inline]
pub(crate) fn data<'c>(
    held: &mut Held,
    block: &mut Block<'c>,
    limits: &Limits,
    value: Value<'c>,
) -> Result<(), LimitKind> {
    let text = match (block.data, value) {
        (None, Value::Text(text)) => (text.len() <= limits.data).then_some(Text::Chunk(text)),
        (Some(Text::Held), Value::Text(text)) => {
            append_line(&mut held.data, text.as_bytes(), 0..text.len(), limits.data)
                .then_some(Text::Held)
        }
        (lines, value) => append_to(held, lines, limits.data, value),
    };
    block.data = Some(text.ok_or(LimitKind::Data)?);
    Ok(())
}

fn append_to<'c>(
    held: &mut Held,
    lines: Option<Text<'_>>,
    limit: usize,
    value: Value<'_>,
) -> Option<Text<'c>> {
    begin_data_line(&mut held.data, lines, limit)?;
    let fits = match value {
        Value::Text(text) => append(&mut held.data, text.as_bytes(), limit),
        Value::Invalid(bytes) => append_decoded(&mut held.data, bytes, &mut held.comment, limit),
    };
    fits.then_some(Text::Held)
}

/// Prepares `buffer` for a line after `lines`; `None` if the LF between them is over the limit.
pub(crate) fn begin_data_line(
    buffer: &mut Vec<u8>,
    lines: Option<Text<'_>>,
    limit: usize,
) -> Option<()> {
    match lines {
        None => {
            clear_bytes(buffer);
            return Some(());
        }
        Some(Text::Chunk(first)) => refill_bytes(buffer, first.as_bytes()),
        Some(Text::Held) => {}
    }
    buffer.push(b'\n');
    (buffer.len() <= limit).then_some(())
}

/// "id": if the field value does not contain NUL, set the last event ID buffer to it, otherwise
/// ignore the field.
///
/// In a value with a NUL only the bytes before it count towards the limit, because
/// nothing after it is kept.
pub(crate) fn id<'c>(
    held: &mut Held,
    block: &mut Block<'c>,
    limits: &Limits,
    value: Value<'c>,
) -> Result<(), LimitKind> {
    work::count(value.as_bytes().len());
    if let Some(nul) = memchr(0, value.as_bytes()) {
        let before = &value.as_bytes()[..nul];
        let fits = decoded_len(before) <= limits.last_event_id;
        return fits.then_some(()).ok_or(LimitKind::LastEventId);
    }
    let text = Text::of(value, &mut held.id, limits.last_event_id);
    block.id = Some(text.ok_or(LimitKind::LastEventId)?);
    Ok(())
}

/// "retry": if the field value consists of only ASCII digits, interpret it as an integer in base
/// ten, otherwise ignore the field.
///
/// The standard leaves two things open. An empty value has no digits, so it is ignored. An integer
/// above [`u64::MAX`] counts as `u64::MAX`.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retry {
    value: Option<u64>,
    ignored: bool,
}

impl Retry {
    /// Reads the next bytes of the value.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        work::count(bytes.len());
        for byte in bytes {
            self.ignored |= !byte.is_ascii_digit();
            let digit = u64::from(byte.wrapping_sub(b'0'));
            self.value = Some(
                self.value
                    .unwrap_or(0)
                    .saturating_mul(10)
                    .saturating_add(digit),
            );
        }
    }

    /// The reconnection time in milliseconds, once the value has ended.
    pub(crate) fn finish(self) -> Option<u64> {
        self.value.filter(|_| !self.ignored)
    }
}
