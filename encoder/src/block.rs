//! `Block`: what an author writes.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::time::Duration;

use crate::data::Data;
use crate::error::{FieldPart, InvalidField};
use crate::field::{EventId, EventType, FieldName, refuse_bytes};

/// The fields and comments up to a blank line.
///
/// Start with [`Block::event`] or [`Block::new`] and add fields in any order. Then
/// [`encode`](Block::encode) the block, turn it into a [`Frame`](crate::Frame), or stream its data
/// through a [`DataWriter`](crate::DataWriter).
///
/// The bytes always have the canonical form: comments, `event`, `retry`, other fields, `data`,
/// `id`, blank line. A field is `name: value`, with one space even if the value is empty, and every
/// line ends in LF.
///
/// Whatever the texts contain, a receiver reads one block with these values. Only line breaks
/// change: each CRLF and CR in the data arrives as LF, because the format cannot tell them apart.
///
/// ```
/// use std::time::Duration;
///
/// use esse_encoder::{Block, EventId, EventType};
///
/// let block = Block::event("two\nlines")
///     .event_type(EventType::from_static("note"))
///     .id(EventId::from(7))
///     .retry(Duration::from_secs(3))
///     .comment("for people");
/// assert_eq!(
///     block.to_frame().to_bytes(),
///     ": for people\nevent: note\nretry: 3000\ndata: two\ndata: lines\nid: 7\n\n",
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Block<'a> {
    pub(crate) comments: Vec<Cow<'a, str>>,
    pub(crate) event_type: Option<EventType>,
    /// In milliseconds, as on the wire.
    pub(crate) retry: Option<u64>,
    pub(crate) fields: Vec<(FieldName, Cow<'a, str>)>,
    pub(crate) data: Option<Data<'a>>,
    pub(crate) id: Option<EventId>,
}

impl<'a> Block<'a> {
    /// A block that dispatches an event, even if the data is empty.
    ///
    /// The data is not copied here. See [`Data`] for what it can be made from.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// assert_eq!(Block::event("").to_frame().to_bytes(), "data: \n\n");
    /// assert_eq!(Block::event("x\n").to_frame().to_bytes(), "data: x\ndata: \n\n");
    /// ```
    pub fn event(data: impl Into<Data<'a>>) -> Self {
        Self {
            data: Some(data.into()),
            ..Self::new()
        }
    }

    /// A block without data.
    ///
    /// As it is, it never dispatches an event (9.2.6, dispatch step 2), but its ID, reconnection
    /// time and comments count. To dispatch an event whose data is streamed, continue with
    /// [`data_writer`](Self::data_writer).
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let keep_alive = Block::new().comment("");
    /// assert_eq!(keep_alive.to_frame().to_bytes(), ": \n\n");
    /// ```
    pub const fn new() -> Self {
        Self {
            comments: Vec::new(),
            event_type: None,
            retry: None,
            fields: Vec::new(),
            data: None,
            id: None,
        }
    }

    /// Sets the type of the event. Without one, receivers report `message`.
    #[must_use]
    pub fn event_type(mut self, event_type: EventType) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Sets the last event ID, which also holds for later events that have no ID of their own.
    /// [`EventId::EMPTY`] resets it.
    #[must_use]
    pub fn id(mut self, id: EventId) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the reconnection time: how long receivers wait before they reconnect. It takes effect
    /// at once, even if the block dispatches no event.
    ///
    /// The stream carries whole milliseconds. A fraction is rounded up, because receivers must not
    /// wait for less than what was asked for. Above `u64::MAX` milliseconds the time is clamped to
    /// that.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_encoder::Block;
    ///
    /// let block = Block::new().retry(Duration::from_micros(1500));
    /// assert_eq!(block.to_frame().to_bytes(), "retry: 2\n\n");
    /// ```
    #[must_use]
    pub fn retry(mut self, reconnection_time: Duration) -> Self {
        let fraction = reconnection_time.subsec_nanos().div_ceil(1_000_000);
        let seconds = reconnection_time.as_secs();
        self.retry = Some(seconds.saturating_mul(1000).saturating_add(fraction.into()));
        self
    }

    /// Adds a comment, which receivers ignore. Each line of the text becomes a comment line.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let block = Block::new().comment("two\r\nlines").comment("third");
    /// assert_eq!(block.to_frame().to_bytes(), ": two\n: lines\n: third\n\n");
    /// ```
    #[must_use]
    pub fn comment(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.comments.push(text.into());
        self
    }

    /// Adds a field that the standard does not know. Receivers ignore it (9.2.6).
    ///
    /// # Errors
    /// [`InvalidField::LineBreak`] if the value contains a CR or LF.
    ///
    /// ```
    /// use esse_encoder::{Block, FieldName};
    ///
    /// const TRACE: FieldName = FieldName::from_static("trace");
    /// let block = Block::event("x").field(TRACE, "4bf9")?;
    /// assert_eq!(block.to_frame().to_bytes(), "trace: 4bf9\ndata: x\n\n");
    ///
    /// assert!(Block::new().field(TRACE, "4bf9\n\n").is_err());
    /// # Ok::<(), esse_encoder::InvalidField>(())
    /// ```
    pub fn field(
        mut self,
        name: FieldName,
        value: impl Into<Cow<'a, str>>,
    ) -> Result<Self, InvalidField> {
        let value = value.into();
        refuse_bytes(&value, FieldPart::FieldValue)?;
        self.fields.push((name, value));
        Ok(self)
    }

    /// The same block, which borrows nothing. A large payload that it owns is not copied.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let text = String::from("x");
    /// let block: Block<'static> = Block::event(&text).comment(&text).into_owned();
    /// drop(text);
    /// assert_eq!(block.to_frame().to_bytes(), ": x\ndata: x\n\n");
    /// ```
    #[must_use]
    pub fn into_owned(self) -> Block<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let fields = self.fields.into_iter();
        Block {
            comments: self.comments.into_iter().map(owned).collect(),
            event_type: self.event_type,
            retry: self.retry,
            fields: fields.map(|(name, value)| (name, owned(value))).collect(),
            data: self.data.map(Data::into_owned),
            id: self.id,
        }
    }

    /// The fields and comments, borrowed from the block.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    ///
    /// let block = Block::event("x").id(EventId::from(7));
    /// let parts = block.parts();
    /// assert_eq!(parts.id, Some(&EventId::from(7)));
    /// assert_eq!(parts.data, Some(&b"x"[..]));
    /// assert_eq!(parts.event_type, None);
    /// ```
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            comments: &self.comments,
            event_type: self.event_type.as_ref(),
            retry: self.retry.map(Duration::from_millis),
            other_fields: &self.fields,
            data: self.data.as_ref().map(Data::as_bytes),
            id: self.id.as_ref(),
        }
    }
}

/// The fields and comments of a [`Block`], as returned by [`Block::parts`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Parts<'b> {
    /// The comments, in the order in which they were added.
    pub comments: &'b [Cow<'b, str>],
    /// The value of `event`.
    pub event_type: Option<&'b EventType>,
    /// The value of `retry`, in whole milliseconds.
    pub retry: Option<Duration>,
    /// The fields that the standard does not know, in the order in which they were added.
    pub other_fields: &'b [(FieldName, Cow<'b, str>)],
    /// The data as it was given, which is UTF-8. A block without data dispatches no event.
    pub data: Option<&'b [u8]>,
    /// The value of `id`.
    pub id: Option<&'b EventId>,
}
