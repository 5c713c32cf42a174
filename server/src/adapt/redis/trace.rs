//! What goes to `tracing`, with the feature of that name.

use redis::RedisError;

use super::entry::EntryId;

#[cfg(feature = "tracing")]
mod events {
    use super::{EntryId, RedisError};

    pub(in super::super) fn out_of_reach(error: &RedisError) {
        tracing::warn!(%error, "the log in Redis is out of reach");
    }

    pub(in super::super) fn left_out(id: EntryId, why: &str) {
        tracing::warn!(%id, why, "stream entry cannot be an event and is left out");
    }

    pub(in super::super) fn fell_behind(after: EntryId) {
        tracing::warn!(%after, "the hub missed stream entries");
    }
}

#[cfg(not(feature = "tracing"))]
mod events {
    use super::{EntryId, RedisError};

    pub(in super::super) fn out_of_reach(_: &RedisError) {}
    pub(in super::super) fn left_out(_: EntryId, _: &str) {}
    pub(in super::super) fn fell_behind(_: EntryId) {}
}

pub(super) use events::{fell_behind, left_out, out_of_reach};
