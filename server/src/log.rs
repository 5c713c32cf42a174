//! `Log`: where records are kept for replay.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use esse_encoder::{Block, EventId};

use crate::overflow::Cause;
use crate::record::Record;

/// What a [`Log`] answers with: boxed, so that an application can hold `Arc<dyn Log>`.
///
/// ```
/// use esse_server::LogFuture;
///
/// let answer: LogFuture<'_, u8> = Box::pin(std::future::ready(7));
/// assert_eq!(futures_executor::block_on(answer), 7);
/// ```
pub type LogFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where records are kept for replay.
///
/// A [`Hub`](crate::Hub) is one: the ring in its memory. A log that several processes share, such
/// as `RedisLog`, feeds the hub of each with what any of them appended, and is asked for what is
/// older than the hub's ring ([`Builder::history`](crate::Builder::history)).
///
/// ```
/// use std::sync::Arc;
///
/// use esse_encoder::{Block, EventId};
/// use esse_server::{Hub, Log, Page};
///
/// # futures_executor::block_on(async {
/// let log: Arc<dyn Log> = Arc::new(Hub::new());
/// log.append(Block::event("a").id(EventId::from(1)), None).await?;
/// log.append(Block::event("b").id(EventId::from(2)), None).await?;
///
/// let Page::Records(records) = log.after(Some(EventId::from(1))).await else { panic!() };
/// assert_eq!(records[0].id(), Some(&EventId::from(2)));
/// # Ok::<(), esse_server::AppendError>(())
/// # }).unwrap();
/// ```
pub trait Log: Send + Sync {
    /// Keeps the block, for all who are or will be subscribed. The audience is as in
    /// [`Record::for_audience`].
    ///
    /// # Errors
    /// [`AppendError`]: it is not known to be kept.
    fn append(
        &self,
        block: Block<'static>,
        audience: Option<Arc<str>>,
    ) -> LogFuture<'_, Result<(), AppendError>>;

    /// The records that come next after the one with this ID, oldest first, as many as the log
    /// gives at once; after `None` comes the oldest of all. No records: that was the newest.
    ///
    /// It waits for a log that is out of reach.
    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page>;
}

/// Some of the records of a [`Log`].
///
/// ```
/// use esse_server::{Hub, Log, Page};
///
/// let page = futures_executor::block_on(Hub::new().after(None));
/// assert!(matches!(page, Page::Records(none) if none.is_empty()));
/// ```
#[derive(Clone, Debug)]
pub enum Page {
    /// They come directly after the ID that was asked for, without a gap.
    Records(Vec<Arc<Record>>),
    /// What comes directly after that ID is not there.
    Gap(Cause),
}

/// Why a [`Log`] did not keep a block.
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::{Hub, Log};
///
/// let hub = Hub::new();
/// hub.close(None);
/// let refused = futures_executor::block_on(hub.append(Block::event("x"), None)).unwrap_err();
/// assert_eq!(refused.to_string(), "the hub is closed: nothing is published any more");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum AppendError {
    /// The hub was closed or is being drained.
    Closed(HubClosed),
    /// The log cannot keep such a block: it says what is in the way.
    Unfit(String),
    /// The log could not be reached, or refused: whether the block is kept is not known.
    Log(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => closed.fmt(f),
            Self::Unfit(why) => write!(f, "the log cannot keep this block: {why}"),
            Self::Log(error) => write!(f, "the log did not take the block: {error}"),
        }
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Closed(_) | Self::Unfit(_) => None,
            Self::Log(error) => Some(&**error),
        }
    }
}

impl From<HubClosed> for AppendError {
    fn from(closed: HubClosed) -> Self {
        Self::Closed(closed)
    }
}

/// The hub was closed or is being drained: nothing was published.
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::Hub;
///
/// let hub = Hub::new();
/// hub.close(None);
/// assert!(hub.publish(Block::event("x")).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubClosed;

impl fmt::Display for HubClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the hub is closed: nothing is published any more")
    }
}

impl std::error::Error for HubClosed {}
