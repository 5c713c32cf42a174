//! `Record`: a frame with what the hub and the application have to know about it.

use std::sync::Arc;

use esse_encoder::{Block, EventId, EventType, Frame};

use crate::topics::{MESSAGE, or_message};

/// A block, encoded once, with what decides who gets it.
///
/// ```
/// use esse_encoder::{Block, EventType};
/// use esse_server::Record;
///
/// let block = Block::event("{}").event_type(EventType::from_static("invoice"));
/// let record = Record::new(&block).for_audience("customer 17");
/// assert_eq!(record.topic(), Some("invoice"));
/// assert_eq!(record.audience(), Some("customer 17"));
/// assert_eq!(record.frame().to_bytes(), "event: invoice\ndata: {}\n\n");
/// ```
#[derive(Clone, Debug)]
pub struct Record {
    frame: Frame,
    topic: Option<EventType>,
    id: Option<EventId>,
    audience: Option<Arc<str>>,
}

impl Record {
    /// Encodes the block. A large payload that the block owns is not copied (see
    /// [`Block::to_frame`]).
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    /// use esse_server::Record;
    ///
    /// let record = Record::new(&Block::event("x").id(EventId::from(7)));
    /// assert_eq!(record.topic(), Some("message"));
    /// assert_eq!(record.id(), Some(&EventId::from(7)));
    /// ```
    pub fn new(block: &Block<'_>) -> Self {
        let parts = block.parts();
        let event_type = parts.event_type.cloned().map_or(MESSAGE, or_message);
        Self {
            frame: block.to_frame(),
            topic: parts.data.map(|_| event_type),
            id: parts.id.cloned(),
            audience: None,
        }
    }

    /// Says for whom it is, in the application's own words. Never sent: it is there for
    /// [`authorize`](crate::Subscribe::authorize) to decide by.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Record;
    ///
    /// let record = Record::new(&Block::event("x")).for_audience("session 4");
    /// assert_eq!(record.audience(), Some("session 4"));
    /// ```
    #[must_use]
    pub fn for_audience(mut self, audience: impl Into<Arc<str>>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// What is sent.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Record;
    ///
    /// assert_eq!(Record::new(&Block::event("x")).frame().len(), 9);
    /// ```
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The type of the event, `message` where the block names none. `None`: the block dispatches
    /// no event and goes to every subscriber.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_encoder::Block;
    /// use esse_server::Record;
    ///
    /// let retry = Block::new().retry(Duration::from_millis(500));
    /// assert_eq!(Record::new(&retry).topic(), None);
    /// ```
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_ref().map(EventType::as_str)
    }

    pub(crate) fn event_type(&self) -> Option<&EventType> {
        self.topic.as_ref()
    }

    /// The ID that the block sets.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Record;
    ///
    /// assert_eq!(Record::new(&Block::event("x")).id(), None);
    /// ```
    pub fn id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// What [`for_audience`](Self::for_audience) was given.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Record;
    ///
    /// assert_eq!(Record::new(&Block::event("x")).audience(), None);
    /// ```
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
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
