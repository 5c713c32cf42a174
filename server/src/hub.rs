//! `Hub`: fans records out to subscribers.

use std::fmt;
use std::sync::Arc;

use esse_encoder::EventId;

use crate::closed::HubClosed;
use crate::gap::{self, Gap, GapCause, Recovery};
use crate::log::{AppendError, Log, LogFuture, Page};
use crate::metrics::Metrics;
use crate::record::Record;
use crate::shared::{OnGap, Shared};
use crate::state::{Bounds, State};
use crate::subscriber::Subscribe;

/// How many records a hub keeps by default.
const EVENTS: usize = 1024;
/// How many bytes of them, at most.
const BYTES: usize = 16 * 1024 * 1024;
/// How many records [`Log::after`] returns at once.
const PAGE: usize = 64;

/// Fans records out to subscribers. It has one ring of encoded frames and one cursor for each
/// subscriber.
///
/// A subscriber costs no task, no queue and no copy of a payload: it takes the next frame from the
/// ring when its connection has room. Publishing appends one record and wakes the subscribers that
/// wait for it.
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
/// # Ok::<(), esse_server::HubClosed>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Hub(Arc<Handles>);

/// Dropped with the hub's last handle.
#[derive(Debug)]
struct Handles(Arc<Shared>);

impl Hub {
    /// A hub that keeps the newest 1024 records, or fewer if they exceed 16 MiB.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Configures a hub.
    pub fn builder() -> HubBuilder {
        HubBuilder {
            bounds: Bounds {
                events: EVENTS,
                bytes: BYTES,
            },
            on_gap: Box::new(gap::default_recovery),
            history: None,
        }
    }

    /// Publishes one block, or one [`Record`].
    ///
    /// Give every event an ID: a client can only resume after an event that has one. An ID can be
    /// any text, but two events that are kept at the same time should not share one. If they do,
    /// the newer one counts.
    ///
    /// # Errors
    /// [`HubClosed`] if the hub was closed or is draining.
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
    pub fn publish(&self, record: impl Into<Record>) -> Result<(), HubClosed> {
        self.publish_records([Arc::new(record.into())])
    }

    /// Publishes several records at once. A subscriber that is waiting gets them all in one write.
    ///
    /// # Errors
    /// [`HubClosed`] if the hub was closed or is draining. None of the records is published then.
    pub fn publish_all<R: Into<Record>>(
        &self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<(), HubClosed> {
        // Encoded before the hub is locked.
        let records = records.into_iter().map(|record| Arc::new(record.into()));
        self.publish_records(records.collect::<Vec<_>>())
    }

    fn publish_records(
        &self,
        records: impl IntoIterator<Item = Arc<Record>>,
    ) -> Result<(), HubClosed> {
        let published = self
            .shared()
            .change(|state, after| state.append(records, after));
        published.then_some(()).ok_or(HubClosed)
    }

    /// Describes a new subscriber. Finish with [`Subscribe::open`].
    pub fn subscribe(&self) -> Subscribe {
        Subscribe::new(Arc::clone(self.shared()))
    }

    /// For a hub that is fed from a shared log: the ID of the newest record in the log when the
    /// feed began. A client that resumes after that record has missed nothing.
    ///
    /// Does nothing once a record was published.
    ///
    /// ```
    /// use esse_encoder::EventId;
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::new();
    /// hub.starts_after(EventId::from(41));
    /// let subscriber = hub.subscribe().last_event_id(EventId::from(41)).open();
    /// assert_eq!(hub.metrics().gaps.unknown_id, 0);
    /// ```
    pub fn starts_after(&self, id: EventId) {
        self.shared()
            .change(|state, after| state.starts_after(id, after));
    }

    /// For a hub that is fed from a shared log: records are missing between those published so far
    /// and the next one. The hub forgets what it kept, and every subscriber gets a [`Gap`] with
    /// [`GapCause::FellBehind`].
    pub fn fell_behind(&self) {
        self.shared().change(State::fall_behind);
    }

    /// Counters, and the state of the hub right now. Takes time linear in the number of
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

/// The ring in the hub's memory, as a log.
impl Log for Hub {
    fn append(&self, record: Record) -> LogFuture<'_, Result<(), AppendError>> {
        let published = self.publish(record).map_err(AppendError::from);
        Box::pin(std::future::ready(published))
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        let page = self.shared().lock().page(id.as_ref(), PAGE);
        let page = page.map_or(Page::Gap(GapCause::UnknownId), Page::Records);
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
    on_gap: OnGap,
    history: Option<Arc<dyn Log>>,
}

impl HubBuilder {
    /// How many records to keep for replay and for slow subscribers. Default: 1024. The newest
    /// record is always kept.
    pub fn keep_events(mut self, events: usize) -> Self {
        self.bounds.events = events;
        self
    }

    /// How many bytes of encoded frames to keep. Default: 16 MiB. The newest record is always
    /// kept, whatever its size.
    pub fn keep_bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = bytes;
        self
    }

    /// Decides how a subscriber that missed events goes on. Default: a subscriber that fell behind
    /// is disconnected, and one with an unknown last event ID gets everything that is kept.
    ///
    /// The hub calls this without holding a lock, while a subscriber is opened or polled.
    pub fn on_gap(mut self, decide: impl Fn(&Gap) -> Recovery + Send + Sync + 'static) -> Self {
        self.on_gap = Box::new(decide);
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
        let shared = Shared::new(self.bounds, self.on_gap, self.history);
        Hub(Arc::new(Handles(Arc::new(shared))))
    }
}

impl fmt::Debug for HubBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("HubBuilder");
        debug.field("bounds", &self.bounds).finish_non_exhaustive()
    }
}
