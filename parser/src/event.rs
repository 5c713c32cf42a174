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
    /// Whether the event's own block set the last event ID. If not, it is that of an earlier block
    /// or connection. See [`id`](Self::id).
    pub has_id: bool,
}

impl<'a> Event<'a> {
    /// Returns the ID that the event's own block set; `None` if the last event ID is an inherited
    /// one.
    pub fn id(&self) -> Option<&'a str> {
        self.has_id.then_some(self.last_event_id)
    }

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
            has_id: self.has_id,
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
    /// See [`Event::has_id`].
    pub has_id: bool,
}

impl OwnedEvent {
    /// Returns the same event, borrowed.
    pub fn as_event(&self) -> Event<'_> {
        Event {
            event_type: &self.event_type,
            data: &self.data,
            last_event_id: &self.last_event_id,
            has_id: self.has_id,
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
    /// A block without data set the last event ID. It dispatches no event.
    LastEventId(&'a str),
    /// A line ended that the standard ignores, because it knows no field of that name. Only if
    /// asked for with [`ParserBuilder::ignored_lines`](crate::ParserBuilder::ignored_lines).
    ///
    /// Some servers send errors in such lines.
    Ignored {
        /// The line up to its colon, or the whole line if it has none.
        name: &'a str,
        /// The rest after the colon, less one leading space.
        value: &'a str,
    },
}

impl Item<'_> {
    /// Copies the values.
    pub fn into_owned(self) -> OwnedItem {
        match self {
            Self::Event(event) => OwnedItem::Event(event.into_owned()),
            Self::Comment(text) => OwnedItem::Comment(text.into()),
            Self::ReconnectionTime(time) => OwnedItem::ReconnectionTime(time),
            Self::LastEventId(id) => OwnedItem::LastEventId(id.into()),
            Self::Ignored { name, value } => OwnedItem::Ignored {
                name: name.into(),
                value: value.into(),
            },
        }
    }
}

/// An [`Item`] that owns its values. Adapters hand out these when they are asked for items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OwnedItem {
    /// See [`Item::Event`].
    Event(OwnedEvent),
    /// See [`Item::Comment`].
    Comment(String),
    /// See [`Item::ReconnectionTime`].
    ReconnectionTime(Duration),
    /// See [`Item::LastEventId`].
    LastEventId(String),
    /// See [`Item::Ignored`].
    Ignored {
        /// The line up to its colon.
        name: String,
        /// The rest after the colon, less one leading space.
        value: String,
    },
}

/// The unfinished block that the end of a stream discarded: how the stream ended. Returned by
/// [`Parser::finish`](crate::Parser::finish) and by the adapters.
///
/// Standard: 9.2.6, "once the end of the file is reached, any pending data must be discarded".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Discarded {
    /// Where the block begins, in bytes from the start of the event stream.
    pub offset: u64,
    /// How many bytes of the block had arrived; 0 if the stream ended between two blocks.
    pub bytes: u64,
    /// What the block contained.
    pub content: Content,
    /// Whether the stream ended inside a line.
    pub is_line_cut: bool,
}

impl Discarded {
    /// Whether nothing was discarded: the stream ended between two blocks.
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether the block had data: the stream ended inside an event.
    ///
    /// This is false if the block was over a limit, which was reported as an error.
    pub fn had_data(&self) -> bool {
        self.content == Content::Data
    }
}

/// What an unfinished block contained; each includes those before it. A line that the end cut
/// counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Content {
    /// Nothing: the stream ended between two blocks.
    #[default]
    Nothing,
    /// Comments alone, so nothing is lost.
    Comments,
    /// Fields, but no data.
    Fields,
    /// Data: an event is lost.
    Data,
}
