//! `Record`: a frame, with what decides who gets it.

use std::error::Error;
#[cfg(feature = "file")]
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
#[cfg(feature = "file")]
use esse_encoder::FileChunks;
use esse_encoder::{Block, EventId, Frame};
use futures_core::Stream;

use crate::held::Payload;
use crate::source::Source;
use crate::topics::Topic;

/// A block, encoded once, with what decides who gets it.
///
/// ```
/// use esse_encoder::{Block, EventType};
/// use esse_server::{Record, Topic};
///
/// let block = Block::event("{}").event_type(EventType::from_static("invoice"));
/// let record = Record::new(&block).for_audience("customer 17");
/// assert_eq!(record.topics(), [Topic::from("invoice")]);
/// assert_eq!(record.audience(), Some("customer 17"));
/// assert_eq!(record.frame().to_bytes(), "event: invoice\ndata: {}\n\n");
/// ```
#[derive(Debug)]
pub struct Record {
    frame: Frame,
    topics: Box<[Topic]>,
    id: Option<EventId>,
    audience: Option<Arc<str>>,
    key: Option<Arc<str>>,
    /// Whether the block has data, so that clients dispatch an event (9.2.6).
    is_event: bool,
    /// If it is large.
    payload: Option<Arc<Payload>>,
    source: Option<Source>,
}

impl Record {
    /// Encodes the block. A large payload that the block owns is not copied (see
    /// [`Block::to_frame`]).
    pub fn new(block: &Block<'_>) -> Self {
        let parts = block.parts();
        let topic = || parts.event_type.map_or("message".into(), Topic::from);
        let frame = block.to_frame();
        Self {
            payload: Payload::of(&frame),
            frame,
            topics: parts.data.map(|_| topic()).into_iter().collect(),
            id: parts.id.cloned(),
            audience: None,
            key: None,
            is_event: parts.data.is_some(),
            source: None,
        }
    }

    /// An event whose data is not in memory: `open` is called for each subscriber when the event is
    /// its next one, and what the stream yields is encoded while it is sent. A subscriber holds one
    /// chunk of it. The data can be a blob in a database, or another response; a reader of tokio
    /// becomes a stream with `tokio_util::io::ReaderStream`. For a file there is `Record::from_file`.
    ///
    /// `open` must yield the same data each time, because each client that comes back opens it
    /// again. The stream may wait in its first chunk until a file is opened. The history keeps only
    /// the block, so `keep_bytes` does not count the data. A log such as `RedisLog` cannot store the
    /// record.
    ///
    /// If the stream fails, or its bytes are not UTF-8, the response ends with an
    /// [unfinished event](crate::UnfinishedEvent). Clients do not dispatch it (9.2.6), and come back
    /// with the ID before it. [`source_failed`](crate::metrics::Closed::source_failed) counts these.
    /// If it fails each time, they get nothing that follows, until the record is evicted, or replaced
    /// by another one with its [key](Self::latest_of). While the stream has
    /// nothing, the subscriber gets no keep-alive, because a comment cannot stand within a line.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use bytes::Bytes;
    /// use esse_encoder::{Block, EventId};
    /// use esse_server::{Hub, Record};
    /// use futures_util::{StreamExt, stream};
    ///
    /// # futures_executor::block_on(async {
    /// let rows = || stream::iter(1..4).map(|n| Ok::<_, Infallible>(Bytes::from(format!("row {n}\n"))));
    /// let hub = Hub::new();
    /// let subscriber = hub.subscribe().open();
    /// hub.publish(Record::from_source(Block::new().id(EventId::from(7)), rows))?;
    /// drop(hub);
    /// let parts = subscriber.map(|part| part.to_bytes()).collect::<Vec<_>>().await.concat();
    /// assert_eq!(parts, b"data: row 1\ndata: row 2\ndata: row 3\ndata: \nid: 7\n\n");
    /// # Ok::<(), esse_server::PublishError>(())
    /// # }).unwrap();
    /// ```
    pub fn from_source<S, E>(
        block: Block<'static>,
        open: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let mut record = Self::new(&block);
        if !record.is_event {
            let event_type = block.parts().event_type;
            record.topics = [event_type.map_or("message".into(), Topic::from)].into();
            record.is_event = true;
        }
        record.source = Some(Source::new(block, open));
        record
    }

    /// An event whose data is the content of this file. It is a [source](Self::from_source), so the
    /// file must stay as it is while clients may come back for the event. Needs the feature `file`,
    /// and a runtime of tokio.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    /// use esse_server::{Hub, PublishError, Record};
    ///
    /// fn publish_state(hub: &Hub, slot: u64) -> Result<(), PublishError> {
    ///     let block = Block::new().id(EventId::from(slot));
    ///     hub.publish(Record::from_file(block, format!("states/{slot}.json")))
    /// }
    /// ```
    #[cfg(feature = "file")]
    pub fn from_file(block: Block<'static>, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self::from_source(block, move || FileChunks::of(&path))
    }

    /// Publishes the record under these topics, and not under its event type. Subscribers that want
    /// several of them get it once. Without a topic it goes to every subscriber.
    ///
    /// The record is kept as long as one of its topics holds it, so a topic with a tight
    /// [bound](crate::Keep) takes nothing from the others.
    ///
    /// A topic costs nothing while nobody subscribes to it and nothing of it is kept, so that each
    /// user, room or order may have one.
    ///
    /// ```
    /// use esse_encoder::{Block, EventType};
    /// use esse_server::{Hub, Record, Topics};
    /// use futures_util::{FutureExt, StreamExt};
    ///
    /// let hub = Hub::new();
    /// let mut ada = hub.subscribe().topics(Topics::of(["everyone", "user ada"])).open();
    /// let block = Block::event("hello").event_type(EventType::from_static("note"));
    /// hub.publish(Record::new(&block).with_topics(["user ada", "audit"]))?;
    /// let frame = ada.next().now_or_never().flatten().unwrap();
    /// assert_eq!(frame.to_bytes(), "event: note\ndata: hello\n\n");
    /// # Ok::<(), esse_server::PublishError>(())
    /// ```
    #[must_use]
    pub fn with_topics<T: Into<Topic>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        let mut topics: Vec<_> = topics.into_iter().map(Into::into).collect();
        topics.sort_unstable();
        topics.dedup();
        self.topics = topics.into();
        self
    }

    /// Says for whom the record is, in the application's own words. The audience is never sent.
    ///
    /// A record with an audience goes only to subscribers whose
    /// [`authorize`](crate::Subscribe::authorize) function agrees. A subscriber without such a
    /// function does not get it.
    #[must_use]
    pub fn for_audience(mut self, audience: impl Into<Arc<str>>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Replaces the earlier record with the same key: a subscriber that did not get that one yet
    /// gets only this one. It is meant for values of which only the latest counts, such as a price
    /// or a position. What is skipped in that way is counted as
    /// [`conflated`](crate::metrics::Metrics::conflated) and is not a gap.
    ///
    /// The topics and the audience of all records with one key should be the same.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Record};
    /// use futures_util::{FutureExt, StreamExt};
    ///
    /// let hub = Hub::new();
    /// let mut slow = hub.subscribe().open();
    /// for price in ["100", "101", "102"] {
    ///     hub.publish(Record::new(&Block::event(price)).latest_of("price"))?;
    /// }
    /// assert_eq!(slow.next().now_or_never().flatten().unwrap().to_bytes(), "data: 102\n\n");
    /// # Ok::<(), esse_server::PublishError>(())
    /// ```
    #[must_use]
    pub fn latest_of(mut self, key: impl Into<Arc<str>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The encoded block, without the data that comes from a [source](Self::from_source).
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The topics: the type of the event (`message` if the block names none), or what
    /// [`with_topics`](Self::with_topics) set. None if the block dispatches no event. Such a block
    /// goes to every subscriber.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Record, Topic};
    ///
    /// assert_eq!(Record::new(&Block::event("x")).topics(), [Topic::from("message")]);
    /// assert_eq!(Record::new(&Block::new().comment("x")).topics(), []);
    /// ```
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The ID that the block sets.
    pub fn id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// The audience, if [`for_audience`](Self::for_audience) set one.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    pub(crate) fn shared_audience(&self) -> Option<&Arc<str>> {
        self.audience.as_ref()
    }

    pub(crate) fn is_event(&self) -> bool {
        self.is_event
    }

    pub(crate) fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    pub(crate) fn payload(&self) -> Option<&Arc<Payload>> {
        self.payload.as_ref()
    }

    /// The key, if [`latest_of`](Self::latest_of) set one.
    pub(crate) fn key(&self) -> Option<&Arc<str>> {
        self.key.as_ref()
    }
}

/// Clones share the encoded bytes. What connections hold of them is counted for each clone, because
/// it may be published to another hub.
impl Clone for Record {
    fn clone(&self) -> Self {
        Self {
            frame: self.frame.clone(),
            topics: self.topics.clone(),
            id: self.id.clone(),
            audience: self.audience.clone(),
            key: self.key.clone(),
            is_event: self.is_event,
            payload: Payload::of(&self.frame),
            source: self.source.clone(),
        }
    }
}

impl From<Block<'_>> for Record {
    fn from(block: Block<'_>) -> Self {
        Self::new(&block)
    }
}

impl From<&Block<'_>> for Record {
    fn from(block: &Block<'_>) -> Self {
        Self::new(block)
    }
}
