//! What the parser hands out: events, the other items of a stream, and what its end discarded.

use alloc::borrow::Cow;
use alloc::string::String;
use core::time::Duration;

/// The type of an event whose block does not name one (9.2.6, dispatch step 5).
pub(crate) const MESSAGE: &str = "message";

/// An event, as a block dispatches it: the DOM's `MessageEvent` (9.2.6, "dispatch the event").
///
/// The values are borrowed from the caller's chunk if they lie there as they are, and otherwise
/// from the parser. They are valid until the next call of the parser;
/// [`into_owned`](Self::into_owned) keeps them longer.
///
/// ```
/// use esse_parser::{Chunk, Parser};
///
/// let mut parser = Parser::new();
/// let mut chunk = Chunk::new(b"event: add\ndata: 73857293\nid: 7\n\n");
/// let event = parser.next_event(&mut chunk)?.unwrap();
///
/// assert_eq!(event.event_type, "add");
/// assert_eq!(event.data, "73857293");
/// assert_eq!(event.last_event_id, "7");
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event<'a> {
    /// `type`: the value of the last `event` field, `"message"` if there is none or it is empty.
    pub event_type: &'a str,
    /// `data`: the values of the `data` fields, joined by LF. It may be empty, for example in the
    /// first event of an MCP stream.
    pub data: &'a str,
    /// `lastEventId`: the last event ID when the event was dispatched, `""` if none was set.
    ///
    /// To resume after this event, send this ID as `Last-Event-ID` (9.2.4).
    pub last_event_id: &'a str,
}

impl Event<'_> {
    /// Copies the values.
    ///
    /// Allocates once for each value that is not empty, but not for the type `"message"`.
    pub fn into_owned(self) -> OwnedEvent {
        OwnedEvent {
            event_type: if self.event_type == MESSAGE {
                Cow::Borrowed(MESSAGE)
            } else {
                Cow::Owned(self.event_type.into())
            },
            data: self.data.into(),
            last_event_id: self.last_event_id.into(),
        }
    }
}

/// An [`Event`] that owns its values. Most adapters hand out these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OwnedEvent {
    /// See [`Event::event_type`].
    pub event_type: Cow<'static, str>,
    /// See [`Event::data`].
    pub data: String,
    /// See [`Event::last_event_id`].
    pub last_event_id: String,
}

impl OwnedEvent {
    /// Returns the same event, borrowed.
    pub fn as_event(&self) -> Event<'_> {
        Event {
            event_type: &self.event_type,
            data: &self.data,
            last_event_id: &self.last_event_id,
        }
    }
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        event.into_owned()
    }
}

/// What [`Parser::next_item`](crate::Parser::next_item) returns: an event, or something else that
/// the stream contains.
///
/// ```
/// use std::time::Duration;
/// use esse_parser::{Chunk, Item, Parser};
///
/// let mut parser = Parser::new();
/// let mut chunk = Chunk::new(b": hello\nretry: 2000\n\n");
///
/// assert_eq!(parser.next_item(&mut chunk)?, Some(Item::Comment("hello")));
/// let two_seconds = Duration::from_secs(2);
/// assert_eq!(parser.next_item(&mut chunk)?, Some(Item::ReconnectionTime(two_seconds)));
/// assert_eq!(parser.next_item(&mut chunk)?, None);
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Item<'a> {
    /// A block dispatched an event.
    Event(Event<'a>),
    /// A comment line ended. This is the text after its colon, less one leading space.
    ///
    /// The standard gives comments no meaning. One space is removed, as from the value of a field,
    /// so that a comment comes back as an encoder was given it.
    Comment(&'a str),
    /// A `retry` field set the reconnection time.
    ReconnectionTime(Duration),
}

/// The unfinished block that the end of a stream discarded; returned by
/// [`Parser::finish`](crate::Parser::finish).
///
/// Standard: 9.2.6, "once the end of the file is reached, any pending data must be discarded".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Discarded {
    /// Where the block begins, in bytes from the start of the event stream.
    pub offset: u64,
    /// How many bytes of the block had arrived; 0 if the stream ended between two blocks.
    pub bytes: u64,
    /// Whether the block had a `data` field: the stream then ended inside an event.
    ///
    /// This is false if the block was over a limit, which was reported as an error.
    pub had_data: bool,
}

impl Discarded {
    /// Whether nothing was discarded: the stream ended between two blocks.
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}
