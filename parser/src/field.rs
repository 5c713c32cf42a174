//! 9.2.6, "process the field": which field a line holds, and the steps for each field.
//!
//! Standard: <https://html.spec.whatwg.org/multipage/server-sent-events.html#processField>

use core::time::Duration;

use memchr::memchr;

use crate::block::{Block, Held, Text};
use crate::buffer::Buffer;
use crate::chunk::Value;
use crate::decode::decode;
use crate::event::Content;
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

    /// What the line adds to its block.
    pub(crate) const fn content(self) -> Content {
        match self {
            Self::Blank => Content::Nothing,
            Self::Comment => Content::Comments,
            Self::Field(Field::Data) => Content::Data,
            Self::Field(_) | Self::Other => Content::Fields,
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

/// Where the value begins if the line is this field: after the colon and one space.
#[inline]
pub(crate) fn after_colon<const N: usize>(line: &[u8], name_and_colon: &[u8; N]) -> Option<usize> {
    let value = line.strip_prefix(name_and_colon)?;
    Some(N + usize::from(value.first() == Some(&b' ')))
}

/// "event": set the event type buffer to the field value.
pub(crate) fn event<'c>(
    held: &mut Held,
    block: &mut Block<'c>,
    limits: &Limits,
    value: Value<'c>,
) -> Result<(), LimitKind> {
    let text = held.text_in(|held| &mut held.event_type, value, limits.event_type);
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
    let data = match value {
        Value::Text(text) if block.data.is_none() && text.len() <= limits.data => Text::Chunk(text),
        value => {
            append_line(&mut held.data, block.data, value, limits.data).ok_or(LimitKind::Data)?;
            Text::Held
        }
    };
    block.data = Some(data);
    Ok(())
}

fn append_line(
    buffer: &mut Buffer,
    lines: Option<Text<'_>>,
    value: Value<'_>,
    limit: usize,
) -> Option<()> {
    let fits = match value {
        // Its line has begun already, and it is in the buffer.
        Value::Held => true,
        Value::Text(text) => {
            begin_data_line(buffer, lines, limit)?;
            buffer.push(text, limit)
        }
        Value::Invalid(bytes) => {
            begin_data_line(buffer, lines, limit)?;
            decode(bytes, buffer, limit)
        }
    };
    fits.then_some(())
}

/// Prepares `buffer` for a line after `lines`; `None` if the LF between them is over the limit.
#[inline]
pub(crate) fn begin_data_line(
    buffer: &mut Buffer,
    lines: Option<Text<'_>>,
    limit: usize,
) -> Option<()> {
    match lines {
        None => {
            buffer.clear();
            return Some(());
        }
        Some(Text::Chunk(first)) => buffer.refill(first),
        Some(Text::Held) => {}
    }
    buffer.push("\n", limit).then_some(())
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
    let nul = value.bytes().and_then(find_nul);
    let value = match (value, nul) {
        (Value::Text(text), Some(nul)) => Value::check(&text.as_bytes()[..nul]),
        (Value::Invalid(bytes), Some(nul)) => Value::check(&bytes[..nul]),
        (value, _) => value,
    };
    let limit = limits.last_event_id;
    if nul.is_some() {
        block.other = Content::Fields;
        let text = Text::of(value, &mut held.value, limit);
        return text.map(drop).ok_or(LimitKind::LastEventId);
    }
    let text = held.text_in(|held| &mut held.id, value, limit);
    block.id = Some(text.ok_or(LimitKind::LastEventId)?);
    Ok(())
}

/// The place of the first NUL in (a fragment of) an ID.
pub(crate) fn find_nul(id: &[u8]) -> Option<usize> {
    work::count(id.len());
    memchr(0, id)
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
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut retry = Self::default();
        retry.push(value);
        retry
    }

    /// Reads the next bytes of the value.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        work::count(bytes.len());
        for byte in bytes {
            self.ignored |= !byte.is_ascii_digit();
            let digit = u64::from(byte.wrapping_sub(b'0'));
            let tens = self.value.unwrap_or(0).saturating_mul(10);
            self.value = Some(tens.saturating_add(digit));
        }
    }

    /// The reconnection time, once the value has ended.
    pub(crate) fn finish(self) -> Option<Duration> {
        let milliseconds = self.value.filter(|_| !self.ignored);
        milliseconds.map(Duration::from_millis)
    }
}
