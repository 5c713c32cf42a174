use alloc::borrow::Cow;
use alloc::string::String;
use core::time::Duration;

/// The type of an event whose block named none (9.2.6, dispatch step 5).
pub(crate) const MESSAGE: &str = "message";

/// An event, as a block dispatches it: the DOM's `MessageEvent`.
///
/// All three are borrowed: from the caller's chunk where the bytes lie there as
/// they are, else from the parser, and are good until its next call.
/// Standard: 9.2.6, "dispatch the event".
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
    /// `type`: the value of the last `event` field, `"message"` where that is absent or empty.
    pub event_type: &'a str,
    /// `data`: the values of the `data` fields, joined by LF.
    pub data: &'a str,
    /// `lastEventId`: the last event ID when the event was dispatched, `""` where none was set.
    pub last_event_id: &'a str,
}

impl Event<'_> {
    /// A copy that owns its values.
    ///
    /// One allocation for each value that is not empty, none for the type `"message"`.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let event = {
    ///     let bytes = b"data: x\n\n".to_vec();
    ///     let mut parser = Parser::new();
    ///     parser.next_event(&mut Chunk::new(&bytes))?.unwrap().into_owned()
    /// };
    /// assert_eq!(event.data, "x");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
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

/// An [`Event`] that owns its values: what the adapters hand out.
///
/// ```
/// use esse_parser::OwnedEvent;
///
/// let event = OwnedEvent {
///     event_type: "message".into(),
///     data: "x".into(),
///     last_event_id: String::new(),
/// };
/// assert_eq!(event.as_event().data, "x");
/// ```
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
    /// The same event, borrowed.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::new();
    /// let owned = parser.next_event(&mut Chunk::new(b"data\n\n"))?.unwrap().into_owned();
    /// assert_eq!(owned.as_event().event_type, "message");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
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

/// What [`Parser::next_item`](crate::Parser::next_item) reports: events, and what else a stream says.
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
    /// A block was dispatched.
    Event(Event<'a>),
    /// A comment line ended: what follows its colon, less one space.
    ///
    /// The standard gives comments no meaning; taking one space off, as from a
    /// field's value, makes what an encoder wrote come back as it was.
    Comment(&'a str),
    /// A `retry` field set the reconnection time.
    ReconnectionTime(Duration),
}

/// What the end of the stream threw away: the block that no blank line ended.
///
/// From [`Parser::finish`](crate::Parser::finish). Standard: 9.2.6, "once the end of the file is
/// reached, any pending data must be discarded".
///
/// ```
/// use esse_parser::{Chunk, Parser};
///
/// let mut parser = Parser::new();
/// let mut chunk = Chunk::new(b"data: whole\n\ndata: ha");
/// while parser.next_event(&mut chunk)?.is_some() {}
///
/// let discarded = parser.finish();
/// assert!(discarded.data);
/// assert_eq!((discarded.offset, discarded.bytes), (13, 8));
/// # Ok::<(), esse_parser::LimitExceeded>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Discarded {
    /// Where the discarded block begins: bytes from the start of the event stream.
    pub offset: u64,
    /// How many bytes of it had come, 0 where the stream ended between two blocks.
    pub bytes: u64,
    /// Whether it had a `data` field, so that an event was on its way.
    pub data: bool,
}

impl Discarded {
    /// Whether nothing was thrown away: the stream ended between two blocks.
    ///
    /// ```
    /// assert!(esse_parser::Parser::new().finish().is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}
