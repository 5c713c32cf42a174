//! `Record`: a frame, with what decides who gets it.

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

    /// Says for whom the record is, in the application's own words. The audience is never sent.
    ///
    /// **An audience alone withholds nothing.** Every subscriber gets the record, unless it was
    /// opened with an [`authorize`](crate::Subscribe::authorize) function that looks at the
    /// audience and refuses.
    #[must_use]
    pub fn for_audience(mut self, audience: impl Into<Arc<str>>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The encoded block.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The type of the event: `message` if the block names none. `None` if the block dispatches no
    /// event; such a block goes to every subscriber.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Record;
    ///
    /// assert_eq!(Record::new(&Block::event("x")).topic(), Some("message"));
    /// assert_eq!(Record::new(&Block::new().comment("x")).topic(), None);
    /// ```
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_ref().map(EventType::as_str)
    }

    pub(crate) fn event_type(&self) -> Option<&EventType> {
        self.topic.as_ref()
    }

    /// The ID that the block sets.
    pub fn id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// The audience, if [`for_audience`](Self::for_audience) set one.
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
