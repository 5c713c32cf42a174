//! `EntryId`: the ID of a stream entry.

use std::fmt;
use std::str::FromStr;

use redis::{FromRedisValue, ParsingError, Value, from_redis_value_ref};

/// IDs are ordered as the entries are in the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct EntryId {
    milliseconds: u64,
    sequence: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.sequence)
    }
}

/// Accepts only the form that Redis writes, because event IDs are compared as text.
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
        parsed.map_err(|()| format!("{text:?} is not the ID of a stream entry").into())
    }
}
