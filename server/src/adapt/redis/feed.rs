//! The one reader of the stream in this process.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Weak;
use std::time::Duration;

use futures_util::future::select;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisResult, Value, cmd, pipe};

use super::backoff::Backoff;
use super::entry::{Entry, EntryId, to_records};
use super::info::StreamInfo;
use super::{RedisLog, trace};
use crate::hub::Shared;
use crate::shutdown::over;
use crate::state::State;

/// How long Redis waits for an entry before it says that there is none.
const BLOCK: Duration = Duration::from_secs(5);

/// Publishes what is added to the stream until the hub is over.
pub(super) async fn feed(log: RedisLog, hub: Weak<Shared>) {
    let mut reader = Reader {
        log,
        hub: hub.clone(),
        at: None,
        backoff: Backoff::new(),
    };
    select(pin!(over(hub)), pin!(reader.run())).await;
}

struct Reader {
    log: RedisLog,
    hub: Weak<Shared>,
    /// `None` until Redis was first reached: from then on, nothing is missed without a word.
    at: Option<Place>,
    backoff: Backoff,
}

/// A place in the stream: after this entry.
#[derive(Clone, Copy)]
struct Place {
    id: EntryId,
    /// How many entries had ever been added up to there, if that is known.
    added: Option<u64>,
}

impl Reader {
    async fn run(&mut self) -> Infallible {
        loop {
            let Err(error) = self.read_on().await;
            self.backoff.pause(&error).await;
        }
    }

    async fn read_on(&mut self) -> RedisResult<Infallible> {
        let mut connection = self.log.link.connect(BLOCK).await?;
        let mut at = self.set_out(&mut connection).await?;
        loop {
            self.at = Some(at);
            at = self.read(at, &mut connection).await?;
            self.backoff = Backoff::new();
        }
    }

    /// Where to read on: where it stopped, unless this is the first time, or the stream does not
    /// reach to there any more, as after a crash of Redis that lost the last entries.
    async fn set_out(&self, connection: &mut MultiplexedConnection) -> RedisResult<Place> {
        let info = self.info(connection).await?;
        let tail = Place {
            id: info.last,
            added: info.added(),
        };
        match self.at {
            None => {
                self.starts_after(tail.id);
                Ok(tail)
            }
            Some(at) if tail.id < at.id => {
                self.fell_behind(tail.id);
                Ok(tail)
            }
            Some(at) => Ok(at),
        }
    }

    /// Publishes what comes next. Returns the place after it.
    async fn read(&self, at: Place, connection: &mut MultiplexedConnection) -> RedisResult<Place> {
        let (next, kept): (Vec<(Value, Vec<Entry>)>, Vec<Entry>) = pipe()
            .add_command(self.next(at.id))
            // Redis runs this after the first has its answer. Whatever is found was not trimmed
            // then, so nothing after it was.
            .add_command(self.newest_up_to(at.id))
            .query_async(connection)
            .await?;
        let entries: Vec<Entry> = next.into_iter().flat_map(|(_, entries)| entries).collect();
        let Some(id) = entries.last().map(|entry| entry.id) else {
            return Ok(at);
        };
        let read = entries.len() as u64;
        let mut added = at.added.map(|added| added + read);
        if kept.is_empty() {
            let info = self.info(connection).await?;
            let in_truth = info.added_up_to(&entries);
            if in_truth.is_none() || in_truth != added {
                self.fell_behind(at.id);
                // What is missing may also have come after these, where they are not there either.
                added = in_truth.filter(|_| info.reaches_back_to(id));
            }
        }
        self.publish(entries);
        Ok(Place { id, added })
    }

    fn next(&self, after: EntryId) -> Cmd {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(self.log.page);
        read.arg("BLOCK").arg(BLOCK.as_secs() * 1000);
        read.arg("STREAMS")
            .arg(&*self.log.key)
            .arg(after.to_string());
        read
    }

    fn newest_up_to(&self, id: EntryId) -> Cmd {
        let mut range = cmd("XREVRANGE");
        range.arg(&*self.log.key).arg(id.to_string()).arg("-");
        range.arg("COUNT").arg(1);
        range
    }

    async fn info(&self, connection: &mut MultiplexedConnection) -> RedisResult<StreamInfo> {
        let command = StreamInfo::command(&self.log.key);
        StreamInfo::or_none(command.query_async(connection).await)
    }

    fn starts_after(&self, id: EntryId) {
        if let (Some(hub), Ok(id)) = (self.hub.upgrade(), id.to_string().try_into()) {
            hub.change(|state, after| state.starts_after(id, after));
        }
    }

    fn fell_behind(&self, after: EntryId) {
        trace::fell_behind(after);
        if let Some(hub) = self.hub.upgrade() {
            hub.change(State::fall_behind);
        }
    }

    fn publish(&self, entries: Vec<Entry>) {
        let records = to_records(entries);
        if let Some(hub) = self.hub.upgrade() {
            hub.change(|state, after| state.append(records, after));
        }
    }
}
