//! A log on Redis Streams, shared by all processes that serve the same events. Feature `redis`.

mod backoff;
mod entry;
mod feed;
mod info;
mod link;
mod trace;

use std::future::Future;
use std::sync::Arc;

use backoff::Backoff;
use entry::{Entry, EntryId, to_records};
use esse_encoder::{Block, EventId};
use info::StreamInfo;
use link::Link;
use redis::{Client, Cmd, RedisResult, cmd};

use crate::hub::Hub;
use crate::log::{AppendError, Log, LogFuture, Page};
use crate::overflow::Cause;

/// How many entries are read at once where nothing else is said.
const PAGE: usize = 64;

/// A [`Log`] on one Redis stream, from which any process can resume any receiver.
///
/// The hub of each process is [fed](Self::feed) from it and has it as its
/// [history](crate::Builder::history). The ID that Redis gives to an entry is the ID of the event,
/// so one `Last-Event-ID` says to every process, for all topics at once, what the receiver has.
///
/// An entry has the fields `event`, `data` and `audience` (see [`Record::for_audience`]), of which
/// only `data` is required; others are ignored. Programs in other languages may add such entries:
/// `XADD news * event head data '{"slot":"10"}'`. One that cannot be an event (without data, not
/// UTF-8, with a line break in its type) is left out.
///
/// | what happens | what receivers get |
/// |---|---|
/// | all is well | every entry, in the order of the stream, once; also across a move from one process to another |
/// | Redis is out of reach | what is in the ring of their process; the rest once Redis is back, nothing lost or twice |
/// | the stream was trimmed beyond what a receiver has | one gap: [`Cause::TooOld`] |
/// | the stream was trimmed, or its last entries lost, beyond what this process has read | one gap for every subscriber: [`Cause::FellBehind`] |
/// | a last event ID that the stream never gave | one gap: [`Cause::UnknownId`] |
/// | an entry is deleted (`XDEL`) before it was read | nothing: that is taken as meant |
///
/// Where it cannot be known whether something is missing, there is a gap: for a receiver whose last
/// event was itself trimmed, and was not the newest, even if it was the last one trimmed. Which
/// appended entries survive a crash of Redis is for its configuration to say (`appendonly`,
/// `appendfsync`). To delete the key, or to replace it, is not to trim it: receivers of then are
/// only told apart as far as the IDs allow.
///
/// It needs tokio, and Redis 7 or newer, or Valkey: older ones do not count the entries that were
/// ever added, so there would be gaps where nothing is missing. Clones are handles of the same
/// connection.
///
/// [`Record::for_audience`]: crate::Record::for_audience
///
/// ```no_run
/// use std::sync::Arc;
///
/// use esse_encoder::{Block, EventType};
/// use esse_server::{Hub, Log, RedisLog, Sink, response};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let log = RedisLog::new(redis::Client::open("redis://127.0.0.1")?, "news").keep_about(100_000);
/// let hub = Hub::builder().history(Arc::new(log.clone())).build();
/// tokio::spawn(log.feed(&hub));
///
/// // In any process:
/// let head = Block::event(r#"{"slot":"10"}"#).event_type(EventType::from_static("head"));
/// log.append(head, None).await?;
///
/// // In the handler of any process:
/// # let id = None;
/// let response = response(Sink::new(hub.subscribe().last_event_id(id).open()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedisLog {
    link: Arc<Link>,
    key: Arc<str>,
    keep_about: Option<u64>,
    page: usize,
}

impl RedisLog {
    /// The stream with this key. Nothing is connected yet.
    ///
    /// ```
    /// use esse_server::RedisLog;
    ///
    /// let log = RedisLog::new(redis::Client::open("redis://127.0.0.1")?, "news");
    /// # Ok::<(), redis::RedisError>(())
    /// ```
    pub fn new(client: Client, key: impl Into<Arc<str>>) -> Self {
        Self {
            link: Arc::new(Link::new(client)),
            key: key.into(),
            keep_about: None,
            page: PAGE,
        }
    }

    /// Has each append trim the stream to about so many entries, rather some more (`MAXLEN ~`).
    /// By default nothing is trimmed here.
    ///
    /// It is how far back receivers can resume, and how long a process may be without Redis. It
    /// should be well above what is kept in the ring of a hub.
    ///
    /// ```
    /// use esse_server::RedisLog;
    ///
    /// let client = redis::Client::open("redis://127.0.0.1")?;
    /// let log = RedisLog::new(client, "news").keep_about(100_000);
    /// # Ok::<(), redis::RedisError>(())
    /// ```
    #[must_use]
    pub fn keep_about(mut self, entries: u64) -> Self {
        self.keep_about = Some(entries);
        self
    }

    /// How many entries are read at once, at least one. Default 64. Each receiver that is being
    /// replayed to holds at most so many.
    ///
    /// ```
    /// use esse_server::RedisLog;
    ///
    /// let client = redis::Client::open("redis://127.0.0.1")?;
    /// let log = RedisLog::new(client, "payloads of a megabyte").page(4);
    /// # Ok::<(), redis::RedisError>(())
    /// ```
    #[must_use]
    pub fn page(mut self, entries: usize) -> Self {
        self.page = entries.max(1);
        self
    }

    /// Publishes in the hub what is appended to the stream, by whatever process, from now on.
    /// Spawn the future, once for each hub; publish there in no other way what should be resumable.
    ///
    /// It begins with the newest entry that there is when Redis is first reached, and from then on
    /// reads on after the last one that it has read, through lost connections and restarts of
    /// Redis. It has a connection of its own. It ends with the hub, when that is closed, drained
    /// or dropped.
    ///
    /// ```no_run
    /// use esse_server::{Hub, RedisLog};
    ///
    /// # async fn run(log: RedisLog) {
    /// let hub = Hub::new();
    /// tokio::spawn(log.feed(&hub));
    /// # }
    /// ```
    pub fn feed(&self, hub: &Hub) -> impl Future<Output = ()> + Send + use<> {
        feed::feed(self.clone(), Arc::downgrade(hub.shared()))
    }

    async fn page_from(&self, id: Option<EntryId>) -> RedisResult<Page> {
        let _turn = self.link.turn().await;
        match id {
            None => self.first_page().await,
            Some(id) => self.page_after(id).await,
        }
    }

    async fn page_after(&self, mut id: EntryId) -> RedisResult<Page> {
        loop {
            // With the entry itself: while that is there, nothing after it was trimmed.
            let mut entries = self.range(&id.to_string(), self.page + 1).await?;
            if entries.first().is_some_and(|entry| entry.id == id) {
                entries.remove(0);
            } else if let Some(cause) = self.info().await?.gap_after(id) {
                return Ok(Page::Gap(cause));
            }
            match entries.last() {
                Some(last) => id = last.id,
                None => return Ok(Page::Records(Vec::new())),
            }
            let records = to_records(entries);
            if !records.is_empty() {
                return Ok(Page::Records(records));
            }
        }
    }

    async fn first_page(&self) -> RedisResult<Page> {
        let entries = self.range("-", self.page).await?;
        let Some(last) = entries.last().map(|entry| entry.id) else {
            return Ok(Page::Records(Vec::new()));
        };
        let records = to_records(entries);
        if records.is_empty() {
            return self.page_after(last).await;
        }
        Ok(Page::Records(records))
    }

    async fn range(&self, start: &str, count: usize) -> RedisResult<Vec<Entry>> {
        let mut range = cmd("XRANGE");
        range.arg(&*self.key).arg(start).arg("+");
        self.link.run(range.arg("COUNT").arg(count)).await
    }

    async fn info(&self) -> RedisResult<StreamInfo> {
        StreamInfo::or_none(self.link.run(&StreamInfo::command(&self.key)).await)
    }

    fn add(&self, block: &Block<'_>, audience: Option<&str>) -> Result<Cmd, AppendError> {
        let (event_type, data) = entry::fit(block)?;
        let mut add = cmd("XADD");
        add.arg(&*self.key);
        if let Some(entries) = self.keep_about {
            add.arg("MAXLEN").arg("~").arg(entries);
        }
        add.arg("*");
        if let Some(event_type) = event_type {
            add.arg(entry::EVENT).arg(event_type.as_str());
        }
        add.arg(entry::DATA).arg(data);
        if let Some(audience) = audience {
            add.arg(entry::AUDIENCE).arg(audience);
        }
        Ok(add)
    }
}

impl Log for RedisLog {
    /// `XADD`. The block may have a type and data: Redis gives it its ID, and there is no place
    /// for anything else.
    fn append(
        &self,
        block: Block<'static>,
        audience: Option<Arc<str>>,
    ) -> LogFuture<'_, Result<(), AppendError>> {
        Box::pin(async move {
            let add = self.add(&block, audience.as_deref())?;
            drop((block, audience));
            let added: RedisResult<EntryId> = self.link.run(&add).await;
            match added {
                Ok(_) => Ok(()),
                Err(error) => Err(AppendError::Log(Box::new(error))),
            }
        })
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        Box::pin(async move {
            let id = match id.map(|id| id.as_str().parse()) {
                None => None,
                Some(Ok(id)) => Some(id),
                Some(Err(())) => return Page::Gap(Cause::UnknownId),
            };
            let mut backoff = Backoff::new();
            loop {
                match self.page_from(id).await {
                    Ok(page) => return page,
                    Err(error) => backoff.pause(&error).await,
                }
            }
        })
    }
}
