//! An entry of the stream: what it is made from, and the record that it makes.

use std::fmt;
use std::str::{self, FromStr};
use std::sync::Arc;

use esse_encoder::{Block, Data, EventId, EventType};
use redis::{FromRedisValue, ParsingError, Value, from_redis_value, from_redis_value_ref};

use super::trace;
use crate::log::AppendError;
use crate::record::Record;

pub(super) const EVENT: &str = "event";
pub(super) const DATA: &str = "data";
pub(super) const AUDIENCE: &str = "audience";

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: EntryId,
    /// Name, value, name, value.
    fields: Vec<Vec<u8>>,
}

/// The ID of an entry. They are ordered as in the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryId {
    milliseconds: u64,
    sequence: u64,
}

/// The type and data of a block that an entry can hold.
pub(super) fn fit<'b>(
    block: &'b Block<'_>,
) -> Result<(Option<&'b EventType>, &'b [u8]), AppendError> {
    let parts = block.parts();
    let unfit = |why: &str| Err(AppendError::Unfit(why.to_owned()));
    if parts.id.is_some() {
        return unfit("it has an ID, and Redis gives each entry its own");
    }
    if parts.retry.is_some() {
        return unfit("it has a reconnection time, and an entry holds a type and data");
    }
    if !parts.comments.is_empty() {
        return unfit("it has a comment, and an entry holds a type and data");
    }
    if let Some((name, _)) = parts.other_fields.first() {
        let why = format!(
            "it has a field {:?}, and an entry holds a type and data",
            name.as_str()
        );
        return unfit(&why);
    }
    match parts.data {
        Some(data) => Ok((parts.event_type, data)),
        None => unfit("it has no data, so it dispatches no event"),
    }
}

/// The records of the entries that can be one.
pub(super) fn to_records(entries: Vec<Entry>) -> Vec<Arc<Record>> {
    let records = entries.into_iter().filter_map(|entry| {
        let id = entry.id;
        let record = entry.into_record();
        record.map_err(|why| trace::left_out(id, why)).ok()
    });
    records.map(Arc::new).collect()
}

impl Entry {
    /// Of a field that comes twice, the last counts.
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
        let id = EventId::new(self.id.to_string()).map_err(|_| "its ID is no event ID")?;
        let record = Record::new(&block.id(id));
        // Nobody can be said to be in an audience that cannot be read.
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

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.sequence)
    }
}

/// Only as Redis writes it: an ID is told from another by its text.
impl FromStr for EntryId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (milliseconds, sequence) = text.split_once('-').ok_or(())?;
        let id = Self {
            milliseconds: milliseconds.parse().map_err(drop)?,
            sequence: sequence.parse().map_err(drop)?,
        };
        (id.to_string() == text).then_some(id).ok_or(())
    }
}

impl FromRedisValue for EntryId {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        Self::from_redis_value_ref(&value)
    }

    fn from_redis_value_ref(value: &Value) -> Result<Self, ParsingError> {
        let text: String = from_redis_value_ref(value)?;
        let parsed = text.parse();
        parsed.map_err(|()| format!("{text:?} is no ID of a stream entry").into())
    }
}
