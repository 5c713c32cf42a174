//! Blocks as a fuzzer writes them: an event stream whose lines end in the byte FF.
//!
//! That byte does not occur in UTF-8, so any text can be a value: one with line breaks, or one that
//! the encoder must refuse. Invalid UTF-8 is replaced. `*: 3` repeats the data three times.

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};
use esse_testkit::Values;

/// Ends a line.
pub const LINE_END: u8 = 0xFF;

/// The most bytes of repeated data. It is more than the 32 KiB from which a frame shares its data.
const LARGEST: usize = 80 << 10;

/// The blocks in the bytes.
///
/// ```
/// let blocks = esse_fuzz::blocks::read(b"data: two\nlines\xFF\xFFid: 7\xFF*: 2\xFFdata: x");
/// assert_eq!(blocks[0].data.as_deref(), Some("two\nlines"));
/// assert_eq!(blocks[1].data.as_deref(), Some("xx"));
/// ```
pub fn read(bytes: &[u8]) -> Vec<Values> {
    let mut blocks = vec![Values::default()];
    let mut times = 1;
    for line in bytes.split(|byte| *byte == LINE_END) {
        let line = String::from_utf8_lossy(line);
        match blocks.last_mut() {
            Some(block) if !line.is_empty() => read_line(block, &line, &mut times),
            _ => blocks.push(Values::default()),
        }
    }
    blocks
}

fn read_line(values: &mut Values, line: &str, times: &mut usize) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.strip_prefix(' ').unwrap_or(value);
    match name {
        "" => values.comments.push(value.to_owned()),
        "event" => values.event_type = Some(value.to_owned()),
        "retry" => values.retry = value.parse().ok(),
        "data" => values.data = Some(repeat(value, std::mem::replace(times, 1))),
        "id" => values.id = Some(value.to_owned()),
        "*" => *times = value.parse().unwrap_or(1),
        name => values.fields.push((name.to_owned(), value.to_owned())),
    }
}

/// Removes the values that the encoder refuses, and returns its errors.
///
/// ```
/// let mut values = esse_fuzz::blocks::read(b"data: x\xFFid: a\nb").remove(0);
/// assert_eq!(esse_fuzz::blocks::take_refused(&mut values).len(), 1);
/// assert_eq!(values.id, None);
/// ```
pub fn take_refused(values: &mut Values) -> Vec<InvalidField> {
    let mut refused = Vec::new();
    let mut keep = |checked: Result<(), InvalidField>| {
        let is_valid = checked.is_ok();
        refused.extend(checked.err());
        is_valid
    };
    values
        .event_type
        .take_if(|text| !keep(EventType::new(text.clone()).map(drop)));
    values
        .id
        .take_if(|text| !keep(EventId::new(text.clone()).map(drop)));
    values.fields.retain(|(name, value)| {
        let name = FieldName::new(name.clone());
        keep(name.and_then(|name| Block::new().field(name, value.as_str()).map(drop)))
    });
    refused
}

fn repeat(value: &str, times: usize) -> String {
    let most = LARGEST / value.len().max(1);
    value.repeat(times.min(most.max(1)))
}
