//! `RedisLog`: a log on Redis Streams, shared by all processes that serve the same events. Feature
//! `redis`.

mod backoff;
mod entry;
mod feed;
mod id;
mod info;
mod link;
mod pages;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backoff::Backoff;
use entry::{Entry, mean_size, to_records};
use esse_encoder::EventId;
use feed::{Reader, WarmUp};
use id::EntryId;
use info::StreamInfo;
use link::Link;
use pages::Pages;
use redis::{Client, Cmd, RedisResult, cmd};

use crate::gap::GapCause;
use crate::hub::Hub;
use crate::log::{AppendError, Log, LogFuture, Page};
use crate::record::Record;

/// How many entries are read at once by default.
const PAGE_SIZE: usize = 64;
/// A page has about as many bytes at most, as far as the size of the entries can be foreseen.
const PAGE_BYTES: usize = 1024 * 1024;
/// How many entries a hub gets by default before its feed begins, and how many bytes.
const WARM_UP: usize = 1024;
const WARM_UP_BYTES: usize = 8 * 1024 * 1024;

/// A [`Log`] on one Redis stream, from which any process can resume any client.
///
/// The hub of each process is [fed](Self::feed) from it, and has it as its
/// [history](crate::HubBuilder::history). The ID that Redis gives to an entry is the ID of the
/// event. So one `Last-Event-ID` tells every process what the client has of all topics.
///
/// An entry has the fields `event`, `data` and `audience` (see [`Record::for_audience`]). The one
/// topic of a record is its event type: a record with other [topics](Record::with_topics), or with a
/// [key](Record::latest_of), is refused as [`AppendError::Unfit`]. For an event that only some may
/// see, set an audience.
///
/// Of the fields, only `data` is required, and others are ignored. Programs in other languages may
/// add entries too: `XADD news * event head data '{"slot":"10"}'`. An entry that cannot be an event
/// is left out: one without data, one that is not UTF-8, or one with a line break in its type.
///
/// | what happens | what clients get |
/// |---|---|
/// | nothing unusual | every entry, in the order of the stream, once, even if the client moves from one process to another |
/// | Redis is out of reach | what their process keeps, and the rest when Redis is back; nothing lost, nothing twice |
/// | the stream was trimmed beyond what a client has | one gap, [`GapCause::TooOld`] |
/// | the stream was trimmed, or lost its last entries, beyond what this process has read | one gap for every subscriber that is not in a replay, [`GapCause::FellBehind`] |
/// | a last event ID that the stream never gave, or that a crash of Redis lost | one gap, [`GapCause::UnknownId`] |
/// | an entry is deleted (`XDEL`) before it was read | nothing, because that is taken as intended |
///
/// If it is not certain that nothing is missing, there is a gap. That concerns a client whose last
/// event was itself trimmed and was not the newest, even if it was the last one trimmed.
///
/// A client that is away, or in a replay, when Redis loses entries after its ID gets what Redis has:
/// nobody knows any more that there was more.
///
/// The configuration of Redis (`appendonly`, `appendfsync`) decides which entries survive a crash.
/// Deleting or replacing the key is not trimming: clients from before can be recognised only as far
/// as their IDs allow.
///
/// This needs tokio, and Redis 7 or newer, or Valkey. Older versions do not count the entries that
/// were ever added, so there would be gaps although nothing is missing. Clones share their
/// connection.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use esse_encoder::{Block, EventType};
/// use esse_server::log::Log;
/// use esse_server::redis::RedisLog;
/// use esse_server::{Hub, Sink, response};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let log = RedisLog::new(redis::Client::open("redis://127.0.0.1")?, "news").keep_about(100_000);
/// let hub = Hub::builder().history(Arc::new(log.clone())).build();
/// tokio::spawn(log.feed(&hub));
///
/// // In any process:
/// let head = Block::event(r#"{"slot":"10"}"#).event_type(EventType::from_static("head"));
/// log.append(head.into()).await?;
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
    page_size: usize,
    warm_up: WarmUp,
    pages: Arc<Pages>,
    /// The mean size of the entries of the largest page lately.
    entry_bytes: Arc<AtomicUsize>,
}

impl RedisLog {
    /// The stream with this key. Does not connect yet.
    pub fn new(client: Client, key: impl Into<Arc<str>>) -> Self {
        Self {
            link: Arc::new(Link::new(client)),
            key: key.into(),
            keep_about: None,
            page_size: PAGE_SIZE,
            warm_up: WarmUp {
                entries: WARM_UP,
                bytes: WARM_UP_BYTES,
            },
            pages: Arc::default(),
            entry_bytes: Arc::default(),
        }
    }

    /// Makes each append trim the stream to about this many entries, or a few more (`MAXLEN ~`).
    /// By default nothing is trimmed.
    ///
    /// This is how far back clients can resume, and how long a process may be without Redis. It
    /// should be well above what a hub keeps.
    #[must_use]
    pub fn keep_about(mut self, entries: u64) -> Self {
        self.keep_about = Some(entries);
        self
    }

    /// How many entries are read at once. Default: 64, or fewer if they are so large that a page would
    /// have more than about 1 MiB. A client that gets a replay holds one page, and clients that get
    /// the same page within a second share it. At least one is read.
    #[must_use]
    pub fn page_size(mut self, entries: usize) -> Self {
        self.page_size = entries.max(1);
        self
    }

    /// How many of the newest entries a hub gets before its [feed](Self::feed) begins, so that it
    /// resumes the clients that come back after a restart without reading the stream for each.
    /// Default: 1024, or fewer if they have more than 8 MiB, but at least one.
    #[must_use]
    pub fn warm_up(mut self, entries: usize) -> Self {
        self.warm_up.entries = entries;
        self
    }

    /// Publishes in the hub what any process appends to the stream from now on. Spawn the future
    /// once for each hub. Publish in no other way what clients should be able to resume after.
    ///
    /// The feed begins after the newest entry at the time when Redis is first reached. A subscriber
    /// that was opened before that gets a [gap](GapCause::BeforeFeed), because entries may have been
    /// added in between. From then on
    /// it resumes after the last entry it has read, through lost connections and restarts of Redis.
    /// It has a connection of its own. It ends when the hub is closed, drained or dropped.
    pub fn feed(&self, hub: &Hub) -> impl Future<Output = ()> + Send + use<> {
        let hub = Arc::downgrade(hub.shared());
        Reader::new(self.clone(), hub).feed()
    }

    async fn page_from(&self, id: Option<EntryId>) -> RedisResult<Page> {
        let _turn = self.link.turn().await;
        match id {
            None => self.first_page().await,
            Some(id) => self.page_after(id).await,
        }
    }

    /// A page, read with others who want the same one.
    async fn shared_page(&self, id: Option<EntryId>) -> Page {
        let read = || {
            let log = self.clone();
            async move {
                let mut backoff = Backoff::new();
                loop {
                    match log.page_from(id).await {
                        Ok(page) => return page,
                        Err(error) => backoff.pause(&error).await,
                    }
                }
            }
        };
        self.pages.get(id, read).await
    }

    async fn page_after(&self, mut id: EntryId) -> RedisResult<Page> {
        loop {
            // Includes the entry itself. If that is there, nothing after it was trimmed.
            let mut entries = self.range(&id.to_string(), self.page() + 1).await?;
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
        loop {
            let entries = self.range("-", self.page()).await?;
            let Some(last) = entries.last().map(|entry| entry.id) else {
                return Ok(Page::Records(Vec::new()));
            };
            let mut page = Page::Records(to_records(entries));
            if matches!(&page, Page::Records(records) if records.is_empty()) {
                page = self.page_after(last).await?;
            }
            // If the stream was trimmed in between, it has another first page.
            if let Page::Records(_) = page {
                return Ok(page);
            }
        }
    }

    /// How many entries to read: fewer if they are large.
    fn page(&self) -> usize {
        let mean = self.entry_bytes.load(Ordering::Relaxed).max(1);
        (PAGE_BYTES / mean).clamp(1, self.page_size)
    }

    async fn range(&self, start: &str, count: usize) -> RedisResult<Vec<Entry>> {
        let mut range = cmd("XRANGE");
        range.arg(&*self.key).arg(start).arg("+");
        let entries: Vec<Entry> = self.link.run(range.arg("COUNT").arg(count)).await?;
        self.measure(mean_size(&entries));
        Ok(entries)
    }

    /// Notes how large entries are. What was measured before fades.
    fn measure(&self, mean: usize) {
        let before = self.entry_bytes.load(Ordering::Relaxed);
        self.entry_bytes
            .store(mean.max(before - before / 8), Ordering::Relaxed);
    }

    async fn info(&self) -> RedisResult<StreamInfo> {
        StreamInfo::or_none(self.link.run(&StreamInfo::command(&self.key)).await)
    }

    fn add(&self, record: &Record) -> Result<Cmd, AppendError> {
        let content = entry::content(record)?;
        let mut add = cmd("XADD");
        add.arg(&*self.key);
        if let Some(entries) = self.keep_about {
            add.arg("MAXLEN").arg("~").arg(entries);
        }
        add.arg("*");
        if let Some(event_type) = content.event_type {
            add.arg(entry::EVENT).arg(event_type);
        }
        add.arg(entry::DATA).arg(content.data);
        if let Some(audience) = record.audience() {
            add.arg(entry::AUDIENCE).arg(audience);
        }
        Ok(add)
    }
}

impl Log for RedisLog {
    /// `XADD`. The record may have a type, data and an audience. Redis gives it its ID. The
    /// stream has no place for anything else, such as topics besides the event type. Line breaks in
    /// the data are stored as LF.
    fn append(&self, record: Record) -> LogFuture<'_, Result<(), AppendError>> {
        Box::pin(async move {
            let add = self.add(&record)?;
            drop(record);
            let added: RedisResult<EntryId> = self.link.run(&add).await;
            match added {
                Ok(_) => Ok(()),
                Err(error) => Err(AppendError::Log(Box::new(error))),
            }
        })
    }

    /// One pipeline of `XADD`s. If a record is unfit, none of them is kept, and the error says which
    /// one it is.
    fn append_all(&self, records: Vec<Record>) -> LogFuture<'_, Result<(), AppendError>> {
        Box::pin(async move {
            let mut adds = redis::pipe();
            for (index, record) in records.iter().enumerate() {
                let add = self.add(record);
                let add = add.map_err(|error| none_of(records.len(), index, error))?;
                adds.add_command(add).ignore();
            }
            drop(records);
            let added: RedisResult<()> = self.link.run_all(&adds).await;
            added.map_err(|error| AppendError::Log(Box::new(error)))
        })
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        Box::pin(async move {
            let id = match id.map(|id| id.as_str().parse()) {
                None => None,
                Some(Ok(id)) => Some(id),
                Some(Err(())) => return Page::Gap(GapCause::UnknownId),
            };
            self.shared_page(id).await
        })
    }
}

/// The error of one of several records, of which none was kept.
fn none_of(records: usize, index: usize, error: AppendError) -> AppendError {
    match error {
        AppendError::Unfit(why) => {
            let number = index + 1;
            AppendError::Unfit(format!(
                "{why} (record {number} of {records}; none was kept)"
            ))
        }
        other => other,
    }
}
