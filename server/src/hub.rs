//! `Hub`: what fans records out.

use std::fmt;
use std::sync::Arc;

use esse_encoder::{Block, EventId, Frame};

use crate::log::{AppendError, HubClosed, Log, LogFuture, Page};
use crate::metrics::{Counters, Metrics};
use crate::overflow::{self, Gap, Recovery};
use crate::record::Record;
use crate::state::{Aftermath, Bounds, State};
use crate::subscriber::Subscribe;
use crate::sync::{Mutex, MutexGuard};

/// How many records are kept where nothing else is said.
const EVENTS: usize = 1024;
/// How many bytes of them, at most.
const BYTES: usize = 16 * 1024 * 1024;
/// How many records [`Log::after`] gives at once.
const PAGE: usize = 64;

/// Fans records out to subscribers: one log of encoded frames, one cursor for each subscriber.
///
/// There is no task, no queue and no copy of any payload for a subscriber: each takes the next
/// frame from the log when its connection has room for it. Publishing costs the same for one
/// subscriber and for ten thousand, but for waking those that wait for such an event.
///
/// Clones are handles of the same hub. When the last one is dropped, subscribers get what was
/// published and end, as with [`drain`](Hub::drain).
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

/// All handles of a hub: dropped with the last one.
#[derive(Debug)]
struct Handles(Arc<Shared>);

/// What handles and subscribers share.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) counters: Counters,
    on_gap: Box<dyn Fn(&Gap) -> Recovery + Send + Sync>,
    pub(crate) history: Option<Arc<dyn Log>>,
}

impl Hub {
    /// A hub that keeps the last 1024 records, as long as they are no more than 16 MiB.
    ///
    /// ```
    /// let hub = esse_server::Hub::new();
    /// assert_eq!(hub.metrics().kept, 0);
    /// ```
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A hub with bounds or behaviour of one's own.
    ///
    /// ```
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::builder().keep_events(100).keep_bytes(1 << 20).build();
    /// ```
    pub fn builder() -> Builder {
        Builder {
            bounds: Bounds {
                events: EVENTS,
                bytes: BYTES,
            },
            on_gap: Box::new(overflow::by_default),
            history: None,
        }
    }

    /// Publishes one block, or one [`Record`].
    ///
    /// A receiver can only resume after an event that has an ID: give one to each. It need not be
    /// a number. IDs should not come twice among the records kept; of two, the newer counts.
    ///
    /// # Errors
    /// [`HubClosed`] once the hub was closed or is being drained.
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
        self.publish_records(vec![Arc::new(record.into())])
    }

    /// Publishes several at once: a subscriber that waits gets them all in one write.
    ///
    /// # Errors
    /// [`HubClosed`] once the hub was closed or is being drained; none is published then.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::new();
    /// hub.publish_all(["a", "b"].map(Block::event))?;
    /// assert_eq!(hub.metrics().published, 2);
    /// # Ok::<(), esse_server::HubClosed>(())
    /// ```
    pub fn publish_all<R: Into<Record>>(
        &self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<(), HubClosed> {
        let records = records.into_iter().map(|record| Arc::new(record.into()));
        self.publish_records(records.collect())
    }

    pub(crate) fn publish_records(&self, records: Vec<Arc<Record>>) -> Result<(), HubClosed> {
        let published = self
            .shared()
            .change(|state, after| state.append(records, after));
        published.then_some(()).ok_or(HubClosed)
    }

    /// Begins to describe a subscriber.
    ///
    /// ```
    /// use esse_server::Hub;
    ///
    /// let subscriber = Hub::new().subscribe().open();
    /// ```
    pub fn subscribe(&self) -> Subscribe {
        Subscribe::new(Arc::clone(self.shared()))
    }

    /// Says which ID the newest record had that a shared log kept before the hub was fed from it:
    /// whoever resumes after that one has missed nothing. Does nothing once a record was published.
    ///
    /// ```
    /// use esse_encoder::EventId;
    /// use esse_server::Hub;
    ///
    /// let hub = Hub::new();
    /// hub.starts_after(EventId::from(41));
    /// let subscriber = hub.subscribe().last_event_id(EventId::from(41)).open();
    /// assert_eq!(hub.metrics().dropped.unknown_id, 0);
    /// ```
    pub fn starts_after(&self, id: EventId) {
        self.shared()
            .change(|state, after| state.starts_after(id, after));
    }

    /// Says that the hub itself fell behind the log that feeds it: between what was published up to
    /// now and what will be, records are missing. Every subscriber gets the outcome
    /// [`Cause::FellBehind`](crate::Cause::FellBehind), and nothing that was published before is
    /// kept.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Recovery};
    /// use futures_util::StreamExt;
    ///
    /// # futures_executor::block_on(async {
    /// let hub = Hub::builder()
    ///     .on_gap(|_| Recovery::oldest().with(Block::event("some events were lost")))
    ///     .build();
    /// let mut subscriber = hub.subscribe().open();
    /// hub.fell_behind();
    /// hub.publish(Block::event("x"))?;
    /// assert_eq!(subscriber.next().await.unwrap().to_bytes(), "data: some events were lost\n\n");
    /// assert_eq!(subscriber.next().await.unwrap().to_bytes(), "data: x\n\n");
    /// # Ok::<(), esse_server::HubClosed>(())
    /// # }).unwrap();
    /// ```
    pub fn fell_behind(&self) {
        self.shared().change(State::fall_behind);
    }

    /// What was counted, and how things stand. Looks at each subscriber.
    ///
    /// ```
    /// assert_eq!(esse_server::Hub::new().metrics().open, 0);
    /// ```
    pub fn metrics(&self) -> Metrics {
        let metrics = self.shared().lock().metrics();
        self.shared().counters.add_to(metrics)
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

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Changes the state under the lock, and does what follows from it without.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, &mut Aftermath) -> T) -> T {
        let mut after = Aftermath::default();
        let result = change(&mut self.lock(), &mut after);
        after.run();
        result
    }

    /// What the application makes of a gap.
    pub(crate) fn recovery(&self, gap: &Gap) -> Recovery {
        self.lock().metrics_mut().dropped.count(gap.cause);
        crate::trace::gap(gap);
        (self.on_gap)(gap)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// The ring in the hub's memory, as a log.
impl Log for Hub {
    fn append(
        &self,
        block: Block<'static>,
        audience: Option<Arc<str>>,
    ) -> LogFuture<'_, Result<(), AppendError>> {
        let record = Record::new(&block);
        let record = match audience {
            Some(audience) => record.for_audience(audience),
            None => record,
        };
        let published = self.publish(record).map_err(AppendError::from);
        Box::pin(std::future::ready(published))
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        let page = self.shared().lock().page(id.as_ref(), PAGE);
        let page = page.map_or(Page::Gap(crate::Cause::UnknownId), Page::Records);
        Box::pin(std::future::ready(page))
    }
}

/// Settings of a [`Hub`], made by [`Hub::builder`].
///
/// ```
/// use esse_server::Hub;
///
/// let hub = Hub::builder().keep_events(10).build();
/// ```
#[must_use]
pub struct Builder {
    bounds: Bounds,
    on_gap: Box<dyn Fn(&Gap) -> Recovery + Send + Sync>,
    history: Option<Arc<dyn Log>>,
}

impl Builder {
    /// How many records are kept, for replay and for slow subscribers. Default 1024; the newest
    /// always is.
    ///
    /// ```
    /// let hub = esse_server::Hub::builder().keep_events(10).build();
    /// ```
    pub fn keep_events(mut self, events: usize) -> Self {
        self.bounds.events = events;
        self
    }

    /// How many bytes of encoded frames are kept. Default 16 MiB; the newest record is, whatever
    /// its size.
    ///
    /// ```
    /// let hub = esse_server::Hub::builder().keep_bytes(1 << 20).build();
    /// ```
    pub fn keep_bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = bytes;
        self
    }

    /// What becomes of a subscriber that missed events. By default one that fell behind is
    /// disconnected, and one with a last event ID that is not kept gets all that is.
    ///
    /// Called without a lock held, from where the subscriber is polled or opened.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Recovery};
    ///
    /// let hub = Hub::builder()
    ///     .on_gap(|gap| Recovery::newest().with(Block::event(format!("{:?}", gap.cause))))
    ///     .build();
    /// ```
    pub fn on_gap(mut self, decide: impl Fn(&Gap) -> Recovery + Send + Sync + 'static) -> Self {
        self.on_gap = Box::new(decide);
        self
    }

    /// A log that keeps more than the hub does, and from which the hub is fed: it is asked for
    /// what comes after a last event ID that the hub does not know.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use esse_server::Hub;
    ///
    /// let long = Hub::builder().keep_events(100_000).build(); // in place of a log of its own
    /// let hub = Hub::builder().history(Arc::new(long)).build();
    /// ```
    pub fn history(mut self, log: Arc<dyn Log>) -> Self {
        self.history = Some(log);
        self
    }

    /// Makes the hub.
    ///
    /// ```
    /// let hub = esse_server::Hub::builder().build();
    /// ```
    pub fn build(self) -> Hub {
        Hub(Arc::new(Handles(Arc::new(Shared {
            state: Mutex::new(State::new(self.bounds)),
            counters: Counters::default(),
            on_gap: self.on_gap,
            history: self.history,
        }))))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Builder");
        debug.field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

/// The frame of what is sent last, if anything.
pub(crate) fn last_frame(last: Option<Block<'_>>) -> Option<Frame> {
    last.map(|block| block.to_frame())
}
