//! The one reader of the stream in this process.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Weak;
use std::time::Duration;

use futures_util::future::select;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisResult, Value, cmd, pipe};

use super::RedisLog;
use super::backoff::Backoff;
use super::entry::{Entry, mean_size, to_records};
use super::id::EntryId;
use super::info::StreamInfo;
use crate::shared::Shared;
use crate::shutdown::over;
use crate::state::State;
use crate::trace;

/// How long Redis waits for an entry before it answers that there is none.
const BLOCK: Duration = Duration::from_secs(5);

/// The one reader of the stream in this process.
pub(super) struct Reader {
    log: RedisLog,
    hub: Weak<Shared>,
    /// `None` until Redis was first reached. From then on, missing entries are noticed.
    at: Option<Place>,
    backoff: Backoff,
}

/// How much of the stream the hub gets before the feed begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct WarmUp {
    pub(super) entries: usize,
    /// How many bytes these have at most. The newest one may have more.
    pub(super) bytes: usize,
}

/// A place in the stream: after this entry.
#[derive(Clone, Copy)]
struct Place {
    id: EntryId,
    /// Whether this process has read that entry, so that it was there.
    was_read: bool,
    /// How many entries were ever added up to there, if that is known.
    added: Option<u64>,
}

impl Reader {
    pub(super) fn new(log: RedisLog, hub: Weak<Shared>) -> Self {
        Self {
            log,
            hub,
            at: None,
            backoff: Backoff::new(),
        }
    }

    /// Publishes what is added to the stream until the hub is over.
    pub(super) async fn feed(mut self) {
        select(pin!(over(self.hub.clone())), pin!(self.run())).await;
    }

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

    /// The place to read on from: where the reader stopped, unless this is the first time, or the
    /// stream no longer reaches that far because a crash of Redis lost its last entries.
    async fn set_out(&self, connection: &mut MultiplexedConnection) -> RedisResult<Place> {
        let info = self.info(connection).await?;
        // Otherwise the first page would have as many entries as if they were small.
        self.log.measure(info.last_size);
        let mut tail = Place {
            id: info.last,
            was_read: false,
            added: info.added(),
        };
        match self.at {
            None => {
                let newest = self.newest(tail.id, connection).await?;
                tail.was_read = newest.last().is_some_and(|entry| entry.id == tail.id);
                self.warm(newest);
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

    /// Publishes the next entries. Returns the place after them.
    async fn read(&self, at: Place, connection: &mut MultiplexedConnection) -> RedisResult<Place> {
        let (next, kept): (Vec<(Value, Vec<Entry>)>, Vec<Entry>) = pipe()
            .add_command(self.next(at.id))
            // Redis runs this after it has answered the first command. If this finds an entry, that
            // entry had not been trimmed by then, and so nothing after it had. If that is an older
            // one, this one was deleted, or a crash of Redis lost it with those after it.
            .add_command(self.newest_up_to(at.id))
            .query_async(connection)
            .await?;
        let entries: Vec<Entry> = next.into_iter().flat_map(|(_, entries)| entries).collect();
        let Some(id) = entries.last().map(|entry| entry.id) else {
            return Ok(at);
        };
        self.log.measure(mean_size(&entries));
        let read = entries.len() as u64;
        let mut added = at.added.map(|added| added + read);
        let kept = kept.first().map(|entry| entry.id);
        if kept.is_none() {
            let info = self.info(connection).await?;
            let truly_added = info.added_up_to(&entries);
            if truly_added.is_none() || truly_added != added {
                self.fell_behind(at.id);
                // If these are trimmed too, entries after them may also be missing.
                added = truly_added.filter(|_| info.reaches_back_to(id));
            }
        } else if kept != Some(at.id) && at.was_read {
            let info = self.info(connection).await?;
            if info.never_had(at.id) {
                self.fell_behind(at.id);
                added = info.added().filter(|_| info.last == id);
            }
        }
        self.publish(entries);
        Ok(Place {
            id,
            was_read: true,
            added,
        })
    }

    fn next(&self, after: EntryId) -> Cmd {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(self.log.page());
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

    /// The newest entries up to this one, oldest first. With them a process that was restarted
    /// resumes the clients that come back, without a page of the stream for each.
    async fn newest(
        &self,
        up_to: EntryId,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<Vec<Entry>> {
        let most = self.log.warm_up;
        let (mut newest, mut bytes): (Vec<Entry>, usize) = (Vec::new(), 0);
        let mut end = up_to.to_string();
        while newest.len() < most.entries && bytes < most.bytes {
            let count = self.log.page().min(most.entries - newest.len());
            let mut range = cmd("XREVRANGE");
            range.arg(&*self.log.key).arg(&end).arg("-");
            let mut page: Vec<Entry> = range
                .arg("COUNT")
                .arg(count)
                .query_async(connection)
                .await?;
            let Some(oldest) = page.last() else { break };
            end = format!("({}", oldest.id);
            self.log.measure(mean_size(&page));
            let fits = page.iter().take_while(|entry| {
                bytes += entry.size();
                bytes <= most.bytes
            });
            let fit = fits.count().max(usize::from(newest.is_empty()));
            page.truncate(fit);
            newest.extend(page);
        }
        newest.reverse();
        Ok(newest)
    }

    fn warm(&self, entries: Vec<Entry>) {
        let records = to_records(entries);
        if let Some(hub) = self.hub.upgrade() {
            hub.change_now(|state, now, after| state.warm(records, now, after));
        }
    }

    async fn info(&self, connection: &mut MultiplexedConnection) -> RedisResult<StreamInfo> {
        let command = StreamInfo::command(&self.log.key);
        StreamInfo::or_none(command.query_async(connection).await)
    }

    fn starts_after(&self, id: EntryId) {
        if let (Some(hub), Ok(id)) = (self.hub.upgrade(), id.to_string().try_into()) {
            hub.change(|state, after| state.starts_after(&id, after));
        }
    }

    fn fell_behind(&self, after: EntryId) {
        trace::missed_after(after);
        if let Some(hub) = self.hub.upgrade() {
            hub.change(State::fall_behind);
        }
    }

    fn publish(&self, entries: Vec<Entry>) {
        let records = to_records(entries);
        if let Some(hub) = self.hub.upgrade() {
            hub.change_now(|state, now, after| state.append(records, now, after));
        }
    }
}
