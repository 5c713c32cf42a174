//! `Hub`: fans records out to subscribers.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use esse_encoder::{Block, EventId};

use crate::gap::{Gap, Recovery};
use crate::held::Held;
use crate::log::{AppendError, Log, LogFuture, Page};
use crate::metrics::Metrics;
use crate::publish_error::{self, PublishError};
use crate::record::Record;
use crate::shared::Shared;
use crate::state::{Bounds, Keep, Limits, State};
use crate::subscribe::{OnGap, Subscribe};
use crate::topics::Topic;

/// How many records of a topic a hub keeps by default: a slot of all attestations of Ethereum's
/// mainnet, about 30,000 in a second, and some more.
const EVENTS: usize = 32 * 1024;
/// How many bytes of all topics, at most.
const BYTES: usize = 32 * 1024 * 1024;
/// How many evicted records are remembered.
const REMEMBERED: usize = 64 * 1024;
/// About how many records [`Log::after`] returns at once.
const PAGE: usize = 64;

/// Fans records out to subscribers. It has a history of encoded frames for each topic, one order
/// over all of them, and one cursor for each subscriber.
///
/// A subscriber costs no task, no queue and no copy of a payload: it takes the next frame from the
/// history when its connection has room. Publishing appends one record and wakes the subscribers
/// that wait for it. A topic that is loud does not shorten the history of one that is quiet.
///
/// Clones are handles of the same hub. When the last handle is dropped, subscribers get what was
/// published and then end, as with [`drain`](Self::drain).
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::Hub;
/// use futures_util::StreamExt;
///
/// # futures_executor::block_on(async {
/// let hub = Hub::new();
/// let mut subscriber = hub.subscribe().open();
/// hub.publish(Block::event("x"))?;
/// let frame = subscriber.next().await.unwrap();
/// assert_eq!(frame.to_bytes(), "data: x\n\n");
/// # Ok::<(), esse_server::PublishError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Hub(Arc<Handles>);

/// Dropped with the hub's last handle.
#[derive(Debug)]
struct Handles(Arc<Shared>);

impl Hub {
    /// A hub that keeps the newest 32,768 records of each topic, or fewer if all of them together
    /// exceed 32 MiB.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Configures a hub.
    pub fn builder() -> HubBuilder {
        HubBuilder {
            bounds: Bounds {
                bytes: BYTES,
                each: Keep::events(EVENTS),
                of_topic: HashMap::new(),
                remembered: REMEMBERED,
            },
            limits: Limits {
                subscribers: usize::MAX,
                of_one_owner: usize::MAX,
            },
            hold_bytes: None,
            keep_alives_have_ids: false,
            on_gap: None,
            history: None,
        }
    }

    /// Publishes one block, or one [`Record`].
    ///
    /// Give every event an ID: a client can only resume after an event that has one. An ID can be
    /// any text that a header can carry, but it must never come again, not even after a restart: a
    /// database key, a stream's entry ID, or a number together with the time at which its counter
    /// was made ([`IdCounter`](crate::IdCounter)). Of two records with one ID the newer counts, and
    /// [`duplicate_ids`](Metrics::duplicate_ids) counts them.
    ///
    /// # Errors
    /// [`PublishError`] if the hub was closed or is draining, or if no client could resume with the
    /// record's ID.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId, EventType};
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::new();
    /// let block = Block::event(r#"{"slot":"10"}"#)
    ///     .event_type(EventType::from_static("head"))
    ///     .id(EventId::new("0x9a2f")?);
    /// hub.publish(block)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish(&self, record: impl Into<Record>) -> Result<(), PublishError> {
        let record = record.into();
        check_id(&record)?;
        self.append([Arc::new(record)])
    }

    /// Publishes several records at once. A subscriber that is waiting gets them all in one write. If
    /// a topic's history is too small for them, it gets a notice and then the records that are kept.
    ///
    /// # Errors
    /// [`PublishError`], as for [`publish`](Self::publish). None of the records is published then.
    pub fn publish_all<R: Into<Record>>(
        &self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<(), PublishError> {
        // Encoded before the hub is locked.
        let records: Vec<Record> = records.into_iter().map(Into::into).collect();
        records.iter().try_for_each(check_id)?;
        self.append(records.into_iter().map(Arc::new).collect::<Vec<_>>())
    }

    fn append(&self, records: impl IntoIterator<Item = Arc<Record>>) -> Result<(), PublishError> {
        let published = self
            .shared()
            .change_now(|state, now, after| state.append(records, now, after));
        published.then_some(()).ok_or(PublishError::Closed)
    }

    /// Whether anybody may be subscribed to this topic right now. Takes no lock, so ask before you
    /// make a payload that is expensive. It may return true for a few topics that nobody wants.
    ///
    /// What is not published cannot be replayed either: a client that subscribes later does not get
    /// it.
    ///
    /// ```
    /// use esse_server::{Hub, Topics};
    ///
    /// let hub = Hub::new();
    /// assert!(!hub.wants("payload_attributes"));
    /// let subscriber = hub.subscribe().topics(Topics::of(["payload_attributes"])).open();
    /// assert!(hub.wants("payload_attributes"));
    /// ```
    pub fn wants(&self, topic: &str) -> bool {
        self.shared().wants.wants(topic)
    }

    /// Ends all subscribers of this [`owner`](Subscribe::owner), after a last block if there is one.
    /// Returns how many there were. A stream of [`guard`](Self::guard) has no owner.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::new();
    /// let tab = hub.subscribe().owner("ada").open();
    /// let last = Block::event("signed out");
    /// assert_eq!(hub.end_all_of("ada", Some(&last)), 1);
    /// ```
    pub fn end_all_of(&self, owner: &str, last: Option<&Block<'_>>) -> usize {
        let last = last.map(Block::to_frame);
        self.shared()
            .end(|state, after| state.end_owner(owner, last.as_ref(), after))
    }

    /// Describes a new subscriber. Finish with [`Subscribe::open`].
    pub fn subscribe(&self) -> Subscribe {
        Subscribe::new(Arc::clone(self.shared()))
    }

    /// For a hub that is fed from a shared log: the ID of the newest record in the log when the
    /// feed began. A client that resumes after that record has missed nothing.
    ///
    /// Any other hub may be given an ID that was never used, such as one of an
    /// [`IdCounter`](crate::IdCounter), when it is made. Then a client that comes before the first
    /// event, with an ID from before a restart, gets this one with its notice, and resumes after it.
    ///
    /// Does nothing once a record was published.
    ///
    /// ```
    /// use esse_encoder::EventId;
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::new();
    /// hub.starts_after(&EventId::from(41));
    /// let subscriber = hub.subscribe().last_event_id(EventId::from(41)).open();
    /// assert_eq!(hub.metrics().gaps.unknown_id, 0);
    /// ```
    pub fn starts_after(&self, id: &EventId) {
        self.shared()
            .change(|state, after| state.starts_after(id, after));
    }

    /// For a hub that is fed from a shared log: records are missing between those published so far
    /// and the next one. The hub forgets what it kept, and every subscriber gets a [`Gap`] with
    /// [`GapCause::FellBehind`](crate::GapCause::FellBehind).
    pub fn fell_behind(&self) {
        self.shared().change(State::fall_behind);
    }

    /// Counters, and the state of the hub right now. The time does not depend on the number of
    /// subscribers.
    pub fn metrics(&self) -> Metrics {
        self.shared().metrics()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.change(|state, after| state.drain(None, after));
    }
}

fn check_id(record: &Record) -> Result<(), PublishError> {
    let id = record.id().map_or(Ok(()), publish_error::check);
    id.map_err(PublishError::Id)
}

/// The history in the hub's memory, as a log. It reaches back to the newest record that any topic has
/// lost: from there on nothing is missing.
impl Log for Hub {
    fn append(&self, record: Record) -> LogFuture<'_, Result<(), AppendError>> {
        let published = self.publish(record).map_err(AppendError::Refused);
        Box::pin(std::future::ready(published))
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        let records = self
            .shared()
            .change_now(|state, now, after| state.page(id.as_ref(), PAGE, now, after));
        // The hub that reads counts what its own connections hold.
        let own = |record: Arc<Record>| Arc::new(Record::clone(&record));
        let records = records.map(|records| records.into_iter().map(own).collect());
        let page = records.map_or_else(Page::Gap, Page::Records);
        Box::pin(std::future::ready(page))
    }
}

/// Settings of a [`Hub`], made by [`Hub::builder`].
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::{Hub, Recovery};
///
/// let hub = Hub::builder()
///     .keep_events(100)
///     .keep_bytes(1 << 20)
///     .on_gap(|gap| Recovery::newest().with(&Block::event(format!("{:?}", gap.cause))))
///     .build();
/// ```
#[must_use]
pub struct HubBuilder {
    bounds: Bounds,
    limits: Limits,
    hold_bytes: Option<usize>,
    keep_alives_have_ids: bool,
    on_gap: Option<OnGap>,
    history: Option<Arc<dyn Log>>,
}

impl HubBuilder {
    /// How many records of each topic to keep for replay and for slow subscribers. Default: 32,768.
    /// The newest record of all is always kept.
    pub fn keep_events(mut self, events: usize) -> Self {
        self.bounds.each.events = events;
        self
    }

    /// How many bytes of all topics to keep. Default: 32 MiB. Each record counts for its encoded frame
    /// and 192 bytes, and for each of its topics 64 bytes and the name. Each topic of which something
    /// is kept counts 256 bytes. The process takes about half as much again. If there is more, the
    /// largest topic loses its oldest record, as long as it holds more than 1/64 of this; otherwise
    /// the oldest record of all goes. The newest record of all is always kept, whatever its size.
    pub fn keep_bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = bytes;
        self
    }

    /// How long to keep records of each topic. Default: as long as there is room. [`Keep::age`] says
    /// when they go.
    pub fn keep_for(mut self, age: Duration) -> Self {
        self.bounds.each.age = Some(age);
        self
    }

    /// How much of this topic to keep, instead of what is set for each topic.
    pub fn keep_topic(mut self, topic: impl Into<Topic>, keep: Keep) -> Self {
        self.bounds.of_topic.insert(topic.into(), keep);
        self
    }

    /// How many bytes of evicted payloads the connections of slow clients may still hold. Default: as
    /// many as are [kept](Self::keep_bytes). If they hold more, the slowest are disconnected, and
    /// counted as [`stalled`](crate::metrics::Closed::stalled): those that hold the payloads that
    /// were evicted first. The payload that was evicted last does not count.
    ///
    /// Frames below 4 KiB do not count. A connection of `serve` holds at most 20 KiB of them.
    ///
    /// Only `serve` can disconnect a client while it takes nothing. With other servers, such a
    /// client is not disconnected before its connection asks for the next frame, and what it holds
    /// counts no longer.
    pub fn hold_bytes(mut self, bytes: usize) -> Self {
        self.hold_bytes = Some(bytes);
        self
    }

    /// How many evicted and replaced records to remember, without their payload. Default: 65,536;
    /// each takes about 200 bytes, and one of a topic of its own about 600. If there are more, the
    /// topic with most of them forgets its oldest, as long as it has more than 1/64 of this; otherwise
    /// the oldest of all is forgotten. A client that comes back with the ID of a remembered record
    /// learns exactly what it missed, and resumes without a gap if that is nothing.
    pub fn remember_events(mut self, events: usize) -> Self {
        self.bounds.remembered = events;
        self
    }

    /// How many subscribers there may be. Default: any number. See
    /// [`Subscribe::try_open`](Subscribe::try_open). Streams of [`guard`](Hub::guard) count too, but
    /// are never refused themselves.
    pub fn max_subscribers(mut self, limit: usize) -> Self {
        self.limits.subscribers = limit;
        self
    }

    /// How many subscribers one [`owner`](Subscribe::owner) may have. Default: any number.
    pub fn max_subscribers_of_one_owner(mut self, limit: usize) -> Self {
        self.limits.of_one_owner = limit;
        self
    }

    /// Makes keep-alives carry the ID of the newest record, of any topic, instead of a comment. It
    /// dispatches no event, and moves the client's last event ID (9.2.6). So a client whose topics
    /// are silent for long resumes exactly, too. The IDs of other topics become visible with that.
    pub fn keep_alives_have_ids(mut self) -> Self {
        self.keep_alives_have_ids = true;
        self
    }

    /// Decides how a subscriber that missed events goes on, unless it has
    /// [a function of its own](Subscribe::on_gap).
    ///
    /// By default a client gets a [notice](crate::gap::MISSED) on the wire. A subscriber that fell
    /// behind, or whose last event ID is too old, goes on with what is kept. One with an unknown ID
    /// goes on with what is published from now on. If the hub has a [log](Self::history), a
    /// subscriber that fell behind is disconnected without a notice, because it gets the rest from
    /// there when it comes back. If its client has no ID yet, it gets the notice with the ID of
    /// its place; if the hub knew none there, or [fell behind](Hub::fell_behind) itself, it gets the
    /// notice and goes on with what is kept.
    ///
    /// The hub calls this without holding a lock, while a subscriber is opened or polled.
    pub fn on_gap(mut self, decide: impl Fn(&Gap) -> Recovery + Send + Sync + 'static) -> Self {
        self.on_gap = Some(Arc::new(decide));
        self
    }

    /// A log that keeps more than the hub and that the hub is fed from, such as `RedisLog`. The hub
    /// asks it for the events after a last event ID that the hub does not know.
    pub fn history(mut self, log: Arc<dyn Log>) -> Self {
        self.history = Some(log);
        self
    }

    /// Makes the hub.
    pub fn build(self) -> Hub {
        let held = Held::at_most(self.hold_bytes.unwrap_or(self.bounds.bytes));
        let state = State::new(self.bounds, self.limits, self.keep_alives_have_ids);
        let shared = Shared::new(state, held, self.on_gap, self.history);
        Hub(Arc::new(Handles(Arc::new(shared))))
    }
}

impl fmt::Debug for HubBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("HubBuilder");
        debug
            .field("bounds", &self.bounds)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
