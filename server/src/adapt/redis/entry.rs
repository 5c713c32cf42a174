//! An entry of the stream: made from a record, and turned into one.

use std::str;
use std::sync::Arc;

use esse_encoder::{Block, Data, EventId, EventType};
use redis::{FromRedisValue, ParsingError, Value, from_redis_value, from_redis_value_ref};

use super::id::EntryId;
use crate::log::AppendError;
use crate::record::Record;
use crate::topics::Topic;
use crate::trace;

pub(super) const EVENT: &str = "event";
pub(super) const DATA: &str = "data";
pub(super) const AUDIENCE: &str = "audience";

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: EntryId,
    /// Name, value, name, value.
    fields: Vec<Vec<u8>>,
}

/// The type and data of a record that an entry can hold.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) event_type: Option<Vec<u8>>,
    pub(super) data: Vec<u8>,
}

/// Takes the type and data back out of the record's frame, which is in the encoder's canonical
/// form: lines of a name, a colon, a space and a value, each ended by LF.
pub(super) fn content(record: &Record) -> Result<Content, AppendError> {
    if record.source().is_some() {
        let why = "its data comes from a source, and an entry holds its data";
        return Err(AppendError::Unfit(why.to_owned()));
    }
    if record.key().is_some() {
        let why = "it replaces an earlier record (`latest_of`), and the stream keeps every entry";
        return Err(AppendError::Unfit(why.to_owned()));
    }
    let frame = record.frame().to_bytes();
    let mut event_type = None;
    let mut data: Option<Vec<u8>> = None;
    let lines = frame.split(|byte| *byte == b'\n');
    for line in lines.take_while(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b": ").unwrap_or_default();
        match (name, &mut data) {
            (b"event", _) => event_type = Some(value.to_vec()),
            (b"data", None) => data = Some(value.to_vec()),
            (b"data", Some(data)) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            (other, _) => return Err(unfit(other)),
        }
    }
    let no_data = || AppendError::Unfit("it has no data, so it dispatches no event".to_owned());
    let data = data.ok_or_else(no_data)?;
    let content = Content { event_type, data };
    // Otherwise a record for one user would go to all who want its event type.
    if record.topics() != [content.topic()] {
        let why = "it has topics of its own, and the one topic of an entry is its event type";
        return Err(AppendError::Unfit(why.to_owned()));
    }
    Ok(content)
}

impl Content {
    /// The topic of the record that the entry becomes.
    fn topic(&self) -> Topic {
        let event_type = self.event_type.as_deref().unwrap_or_default();
        let event_type = EventType::new(String::from_utf8_lossy(event_type).into_owned());
        event_type.map_or("message".into(), Topic::from)
    }
}

fn unfit(name: &[u8]) -> AppendError {
    AppendError::Unfit(match name {
        b"id" => "it has an ID, and Redis gives each entry its own".to_owned(),
        b"retry" => {
            "it has a reconnection time, and an entry holds only a type and data".to_owned()
        }
        b"" => "it has a comment, and an entry holds only a type and data".to_owned(),
        other => {
            let name = String::from_utf8_lossy(other);
            format!("it has a field {name:?}, and an entry holds only a type and data")
        }
    })
}

/// The records of these entries. Entries that cannot be events are left out.
pub(super) fn to_records(entries: Vec<Entry>) -> Vec<Arc<Record>> {
    let records = entries.into_iter().filter_map(|entry| {
        let id = entry.id;
        let record = entry.into_record();
        record.map_err(|why| trace::left_out(id, why)).ok()
    });
    records.map(Arc::new).collect()
}

/// How large these entries are, on average.
pub(super) fn mean_size(entries: &[Entry]) -> usize {
    let bytes: usize = entries.iter().map(Entry::size).sum();
    bytes / entries.len().max(1)
}

impl Entry {
    /// The bytes of its fields.
    pub(super) fn size(&self) -> usize {
        self.fields.iter().map(Vec::len).sum()
    }

    /// If a field comes twice, the last one counts.
    fn into_record(self) -> Result<Record, &'static str> {
        let (mut event_type, mut data, mut audience) = (None, None, None);
        let mut fields = self.fields.into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            match str::from_utf8(&name) {
                Ok(EVENT) => event_type = Some(value),
                Ok(DATA) => data = Some(value),
                Ok(AUDIENCE) => audience = Some(value),
                _ => {}
            }
        }
        let data = Data::try_from(data.ok_or("it has no data")?);
        let mut block = Block::event(data.map_err(|_| "its data is not UTF-8")?);
        if let Some(event_type) = event_type {
            let event_type = EventType::new(text(event_type, "its type is not UTF-8")?);
            block = block.event_type(event_type.map_err(|_| "its type has a line break")?);
        }
        let id = EventId::new(self.id.to_string()).map_err(|_| "its ID cannot be an event ID")?;
        let record = Record::new(&block.id(id));
        // Nobody can be checked against an audience that is not text.
        match audience {
            None => Ok(record),
            Some(audience) => Ok(record.for_audience(text(audience, "its audience is not UTF-8")?)),
        }
    }
}

fn text(bytes: Vec<u8>, or: &'static str) -> Result<String, &'static str> {
    String::from_utf8(bytes).map_err(|_| or)
}

impl FromRedisValue for Entry {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (id, fields) = from_redis_value(value)?;
        Ok(Self { id, fields })
    }

    fn from_redis_value_ref(value: &Value) -> Result<Self, ParsingError> {
        let (id, fields) = from_redis_value_ref(value)?;
        Ok(Self { id, fields })
    }
}
