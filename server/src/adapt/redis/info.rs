//! What Redis knows about the stream as a whole.

use std::collections::HashMap;

use redis::{
    Cmd, FromRedisValue, ParsingError, RedisResult, Value, cmd, from_redis_value,
    from_redis_value_ref,
};

use super::entry::Entry;
use super::id::EntryId;
use crate::gap::GapCause;

/// The answer of `XINFO STREAM`.
#[derive(Debug)]
pub(super) struct StreamInfo {
    length: u64,
    /// How many entries were ever added. Known since Redis 7.
    added: Option<u64>,
    /// The oldest entry.
    first: Option<EntryId>,
    /// The newest entry that was ever added.
    pub(super) last: EntryId,
    /// The bytes of the newest entry that is there.
    pub(super) last_size: usize,
    /// The newest entry that was ever deleted with `XDEL`. Known since Redis 7.
    deleted: Option<EntryId>,
}

impl StreamInfo {
    pub(super) fn command(key: &str) -> Cmd {
        let mut info = cmd("XINFO");
        info.arg("STREAM").arg(key);
        info
    }

    /// A key that does not exist stands for a stream that is still empty.
    pub(super) fn or_none(answer: RedisResult<Self>) -> RedisResult<Self> {
        match answer {
            Err(error)
                if error
                    .detail()
                    .is_some_and(|text| text.contains("no such key")) =>
            {
                Ok(Self {
                    length: 0,
                    added: Some(0),
                    first: None,
                    last: EntryId::default(),
                    last_size: 0,
                    deleted: Some(EntryId::default()),
                })
            }
            answer => answer,
        }
    }

    /// Why entries may be missing directly after this ID, which no entry has any more. `None` if
    /// none are missing.
    pub(super) fn gap_after(&self, id: EntryId) -> Option<GapCause> {
        if id > self.last {
            return Some(GapCause::UnknownId);
        }
        if id == self.last {
            return None;
        }
        if self.reaches_back_to(id) {
            return self.never_had(id).then_some(GapCause::UnknownId);
        }
        if self.added != Some(self.length) {
            return Some(GapCause::TooOld);
        }
        // Everything that was ever added is there, and the default ID comes before all of it.
        (id != EntryId::default()).then_some(GapCause::UnknownId)
    }

    /// How many entries had been added up to the last one.
    pub(super) fn added(&self) -> Option<u64> {
        self.added
    }

    /// For an ID that no entry has, although there are older entries: whether the stream never gave
    /// it, or a crash of Redis lost it, so that others may be lost too. The entry was not trimmed,
    /// because the oldest go first. If it was deleted, that was intended.
    pub(super) fn never_had(&self, id: EntryId) -> bool {
        self.deleted.is_some_and(|deleted| deleted < id)
    }

    /// Trimming removes the oldest entries first.
    pub(super) fn reaches_back_to(&self, id: EntryId) -> bool {
        self.first.is_some_and(|first| first <= id)
    }

    /// How many entries had been added up to the last of these. They were read before this answer,
    /// and the stream has no earlier entries.
    pub(super) fn added_up_to(&self, entries: &[Entry]) -> Option<u64> {
        let still_there = |entry: &&Entry| self.reaches_back_to(entry.id);
        let still_there = entries.iter().filter(still_there).count() as u64;
        let later = self.length.checked_sub(still_there)?;
        self.added?.checked_sub(later)
    }
}

impl FromRedisValue for StreamInfo {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut fields: HashMap<String, Value> = from_redis_value(value)?;
        let mut field = |name| fields.remove(name).unwrap_or_default();
        let first: Option<Entry> = from_redis_value(field("first-entry"))?;
        let last: Option<Entry> = from_redis_value(field("last-entry"))?;
        Ok(Self {
            length: from_redis_value(field("length"))?,
            added: from_redis_value(field("entries-added"))?,
            first: first.map(|entry| entry.id),
            last: from_redis_value(field("last-generated-id"))?,
            last_size: last.map_or(0, |entry| entry.size()),
            deleted: from_redis_value(field("max-deleted-entry-id"))?,
        })
    }

    fn from_redis_value_ref(value: &Value) -> Result<Self, ParsingError> {
        let owned: Value = from_redis_value_ref(value)?;
        Self::from_redis_value(owned)
    }
}
