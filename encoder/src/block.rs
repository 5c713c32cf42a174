//! `Block`: what an author writes.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::data::Data;
use crate::error::{InvalidField, Part};
use crate::field::{EventId, EventType, FieldName, refuse_bytes};

/// The fields and comments up to a blank line.
///
/// Make one with [`Block::event`] or [`Block::control`], add fields in any order, then
/// [`encode`](Block::encode) it, make a [`Frame`](crate::Frame) of it, or stream its data through
/// a [`DataWriter`](crate::DataWriter). The bytes are always in the canonical form: comments,
/// `event`, `retry`, other fields, `data`, `id`, blank line; `name: value` with one space, also
/// where the value is empty; LF at the end of each line.
///
/// Whatever the texts hold, a block is read back as one block with these values. Only line breaks
/// change: CRLF, CR and LF in the data all become LF, since the format has no way to tell them
/// apart.
///
/// ```
/// use esse_encoder::{Block, EventId, EventType};
///
/// let block = Block::event("two\nlines")
///     .event_type(EventType::from_static("note"))
///     .id(EventId::from(7))
///     .retry(3000)
///     .comment("for people");
/// assert_eq!(
///     block.to_frame().to_bytes(),
///     ": for people\nevent: note\nretry: 3000\ndata: two\ndata: lines\nid: 7\n\n",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Block<'a> {
    pub(crate) comments: Vec<Cow<'a, str>>,
    pub(crate) event_type: Option<EventType>,
    pub(crate) retry: Option<u64>,
    pub(crate) fields: Vec<(FieldName, Cow<'a, str>)>,
    pub(crate) data: Option<Data<'a>>,
    pub(crate) id: Option<EventId>,
}

impl<'a> Block<'a> {
    /// A block that dispatches an event, also where the data is empty.
    ///
    /// The data is not copied here; see [`Data`] for what it can be made from.
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
            ..Self::control()
        }
    }

    /// A block without data. It never dispatches an event (9.2.6, dispatch step 2), but its ID,
    /// reconnection time and comments count.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let keep_alive = Block::control().comment("");
    /// assert_eq!(keep_alive.to_frame().to_bytes(), ": \n\n");
    /// ```
    pub const fn control() -> Self {
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
    ///
    /// ```
    /// use esse_encoder::{Block, EventType};
    ///
    /// let block = Block::event("x").event_type(EventType::from_static("ping"));
    /// assert_eq!(block.to_frame().to_bytes(), "event: ping\ndata: x\n\n");
    /// ```
    #[must_use]
    pub fn event_type(mut self, event_type: EventType) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Sets the last event ID of this event and of those after it that have none.
    /// [`EventId::EMPTY`] resets it.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    ///
    /// let block = Block::event("x").id(EventId::from(7));
    /// assert_eq!(block.to_frame().to_bytes(), "data: x\nid: 7\n\n");
    /// ```
    #[must_use]
    pub fn id(mut self, id: EventId) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the reconnection time, in milliseconds: how long receivers wait before they connect
    /// again. It takes effect at once, whatever becomes of the block.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// assert_eq!(Block::control().retry(3000).to_frame().to_bytes(), "retry: 3000\n\n");
    /// ```
    #[must_use]
    pub fn retry(mut self, milliseconds: u64) -> Self {
        self.retry = Some(milliseconds);
        self
    }

    /// Adds a comment, which receivers ignore. One with line breaks becomes a comment line for
    /// each line.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let block = Block::control().comment("two\r\nlines").comment("third");
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
    /// [`InvalidField::LineBreak`] if the value has a CR or LF.
    ///
    /// ```
    /// use esse_encoder::{Block, FieldName};
    ///
    /// const TRACE: FieldName = FieldName::from_static("trace");
    /// let block = Block::event("x").field(TRACE, "4bf9")?;
    /// assert_eq!(block.to_frame().to_bytes(), "trace: 4bf9\ndata: x\n\n");
    ///
    /// assert!(Block::control().field(TRACE, "4bf9\n\n").is_err());
    /// # Ok::<(), esse_encoder::InvalidField>(())
    /// ```
    pub fn field(
        mut self,
        name: FieldName,
        value: impl Into<Cow<'a, str>>,
    ) -> Result<Self, InvalidField> {
        let value = value.into();
        refuse_bytes(&value, Part::FieldValue)?;
        self.fields.push((name, value));
        Ok(self)
    }

    /// What the block is made of, to look at: nothing is copied.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    ///
    /// let block = Block::event("x").id(EventId::from(7));
    /// assert_eq!(block.fields().id, Some(&EventId::from(7)));
    /// assert_eq!(block.fields().data, Some(&b"x"[..]));
    /// assert_eq!(block.fields().event_type, None);
    /// ```
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            comments: &self.comments,
            event_type: self.event_type.as_ref(),
            retry: self.retry,
            others: &self.fields,
            data: self.data.as_ref().map(Data::as_bytes),
            id: self.id.as_ref(),
        }
    }
}

/// The fields and comments of a [`Block`], borrowed from it by [`Block::fields`].
///
/// ```
/// use esse_encoder::Block;
///
/// let block = Block::control().retry(3000);
/// let fields = block.fields();
/// assert_eq!(fields.retry, Some(3000));
/// assert!(fields.data.is_none(), "it dispatches no event");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Fields<'b> {
    /// The comments, in the order in which they were added.
    pub comments: &'b [Cow<'b, str>],
    /// The value of `event`; `None` where the block has no such field.
    pub event_type: Option<&'b EventType>,
    /// The value of `retry`, in milliseconds.
    pub retry: Option<u64>,
    /// The fields that the standard does not know.
    pub others: &'b [(FieldName, Cow<'b, str>)],
    /// The data as it was given, UTF-8; `None` for a block that dispatches no event.
    pub data: Option<&'b [u8]>,
    /// The value of `id`.
    pub id: Option<&'b EventId>,
}
