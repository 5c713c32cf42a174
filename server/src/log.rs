//! `Log`: keeps records for replay.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use esse_encoder::EventId;

use crate::gap::GapCause;
use crate::publish_error::PublishError;
use crate::record::Record;

/// What a [`Log`] returns. It is boxed so that an application can hold an `Arc<dyn Log>`.
pub type LogFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps records for replay.
///
/// A [`Hub`](crate::Hub) is a log: the history in its memory. A log that several processes share,
/// such as `RedisLog`, feeds the hub of each process, and replays what that hub no longer has (see
/// [`HubBuilder::history`](crate::HubBuilder::history)).
///
/// ```
/// use std::sync::Arc;
///
/// use esse_encoder::{Block, EventId};
/// use esse_server::Hub;
/// use esse_server::log::{AppendError, Log, Page};
///
/// # futures_executor::block_on(async {
/// let log: Arc<dyn Log> = Arc::new(Hub::new());
/// log.append(Block::event("a").id(EventId::from(1)).into()).await?;
/// log.append(Block::event("b").id(EventId::from(2)).into()).await?;
///
/// let Page::Records(records) = log.after(Some(EventId::from(1))).await else { panic!() };
/// assert_eq!(records[0].id(), Some(&EventId::from(2)));
/// # Ok::<(), AppendError>(())
/// # }).unwrap();
/// ```
pub trait Log: Send + Sync {
    /// Keeps the record, for present and future subscribers.
    ///
    /// # Errors
    /// [`AppendError`] if the record may not have been kept.
    fn append(&self, record: Record) -> LogFuture<'_, Result<(), AppendError>>;

    /// Keeps several records, in this order. By default one after the other; a log in another
    /// process can send them together.
    ///
    /// # Errors
    /// [`AppendError`] if one of the records may not have been kept. Those before it were, unless the
    /// log checks all of them first: `RedisLog` keeps none if one of them is
    /// [unfit](AppendError::Unfit).
    fn append_all(&self, records: Vec<Record>) -> LogFuture<'_, Result<(), AppendError>> {
        Box::pin(async move {
            for record in records {
                self.append(record).await?;
            }
            Ok(())
        })
    }

    /// The records after the one with this ID, oldest first. After `None`, the oldest records from
    /// which on nothing is missing: that is never a gap. The log decides how many it returns at
    /// once. An empty page means that there is nothing newer yet.
    ///
    /// The last record of a page has an ID, because the next page is asked for by it. Subscribers do
    /// not get what comes after the last ID of a page until a later page has it.
    ///
    /// If the log is out of reach, the future waits until it is reachable again.
    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page>;
}

/// Some of the records of a [`Log`], as [`Log::after`] returns them.
#[derive(Clone, Debug)]
pub enum Page {
    /// The records that directly follow the requested ID.
    Records(Vec<Arc<Record>>),
    /// The log no longer has, or never had, what directly follows that ID.
    Gap(GapCause),
}

/// Why a [`Log`] did not keep a record.
#[derive(Debug)]
#[non_exhaustive]
pub enum AppendError {
    /// The hub did not publish it.
    Refused(PublishError),
    /// The log cannot store a record like this one. The text says why.
    Unfit(String),
    /// The log could not be reached, or it refused. The record may or may not have been kept.
    Log(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Unfit(why) => write!(f, "the log cannot store this record: {why}"),
            Self::Log(error) => write!(f, "the log did not confirm the record: {error}"),
        }
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unfit(_) => None,
            Self::Refused(error) => Some(error),
            Self::Log(error) => Some(&**error),
        }
    }
}
