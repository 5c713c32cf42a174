//! The current block: the buffers of 9.2.6, borrowed from the chunk as long as it is there.

use crate::buffer::Buffer;
use crate::chunk::Value;
use crate::decode::decode;
use crate::event::Content;

/// The content of a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'c> {
    /// The text in the chunk, as it is.
    Chunk(&'c str),
    /// The content of the [`Held`] buffer of the same name.
    Held,
}

/// The buffers of 9.2.6 for one block; `None` if the field has not occurred.
///
/// In the standard the data buffer ends each line with an LF and is empty without a `data` field.
/// Here the LFs stand between the lines, and `Some("")` is a field with an empty value. The result
/// of dispatch steps 2 and 3 is the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Block<'c> {
    pub(crate) event_type: Option<Text<'c>>,
    pub(crate) data: Option<Text<'c>>,
    /// The last event ID buffer, if this block set it.
    pub(crate) id: Option<Text<'c>>,
    /// What it contains besides these fields.
    pub(crate) other: Content,
    /// Where it begins in the chunk, unless an earlier chunk began it.
    pub(crate) start: Option<usize>,
}

impl Block<'_> {
    /// Step 7 of the dispatch: sets the data buffer and the event type buffer to the empty string.
    /// Returns what they were. The next block begins at `position`.
    #[inline]
    pub(crate) fn begin_next(&mut self, position: usize) -> Self {
        let next = Self {
            start: Some(position),
            ..Self::default()
        };
        core::mem::replace(self, next)
    }
}

/// The parts of a block that outlive their chunk or could not be borrowed from it.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) event_type: Buffer,
    pub(crate) data: Buffer,
    pub(crate) id: Buffer,
    /// The value of the current line, if it is neither in the chunk nor data.
    pub(crate) value: Buffer,
    /// Which of the block's fields are here, between two calls.
    fields: Fields,
}

/// Which fields of a block have occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fields {
    event_type: bool,
    data: bool,
    id: bool,
    other: Content,
}

impl Held {
    /// Whether no block has begun.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.fields == Fields::default()
    }

    /// What the block contains so far.
    pub(crate) fn content(&self) -> Content {
        match self.fields {
            Fields { data: true, .. } => Content::Data,
            Fields { id: true, .. }
            | Fields {
                event_type: true, ..
            } => Content::Fields,
            Fields { other, .. } => other,
        }
    }

    /// Forgets the block.
    pub(crate) fn discard(&mut self) {
        self.fields = Fields::default();
    }

    /// The text of a value for `buffer`; see [`Text::of`].
    #[inline]
    pub(crate) fn text_in<'c>(
        &mut self,
        buffer: impl Fn(&mut Self) -> &mut Buffer,
        value: Value<'c>,
        limit: usize,
    ) -> Option<Text<'c>> {
        if let Value::Held = value {
            let value = core::mem::take(&mut self.value);
            self.value = core::mem::replace(buffer(self), value);
        }
        Text::of(value, buffer(self), limit)
    }

    /// Returns the block that earlier chunks began.
    #[inline]
    pub(crate) fn take_block<'c>(&mut self) -> Block<'c> {
        let Fields {
            event_type,
            data,
            id,
            other,
        } = core::mem::take(&mut self.fields);
        let held = |came: bool| came.then_some(Text::Held);
        Block {
            event_type: held(event_type),
            data: held(data),
            id: held(id),
            other,
            start: None,
        }
    }

    /// Copies the block out of the chunk, which the caller may drop afterwards.
    #[inline]
    pub(crate) fn keep(&mut self, block: Block<'_>) {
        self.fields = Fields {
            event_type: keep(block.event_type, &mut self.event_type),
            data: keep(block.data, &mut self.data),
            id: keep(block.id, &mut self.id),
            other: block.other,
        };
    }
}

#[inline]
fn keep(text: Option<Text<'_>>, buffer: &mut Buffer) -> bool {
    if let Some(Text::Chunk(text)) = text {
        buffer.refill(text);
    }
    text.is_some()
}

impl<'c> Text<'c> {
    /// The text of a value: borrowed if it is valid, otherwise decoded into `buffer`. `None` if it
    /// is over `limit`.
    #[inline]
    pub(crate) fn of(value: Value<'c>, buffer: &mut Buffer, limit: usize) -> Option<Self> {
        match value {
            Value::Text(text) => (text.len() <= limit).then_some(Self::Chunk(text)),
            Value::Invalid(bytes) => {
                buffer.clear();
                decode(bytes, buffer, limit).then_some(Self::Held)
            }
            // It counted as it arrived.
            Value::Held => Some(Self::Held),
        }
    }

    #[inline]
    pub(crate) fn resolve<'a>(self, buffer: &'a Buffer) -> &'a str
    where
        'c: 'a,
    {
        match self {
            Self::Chunk(text) => text,
            Self::Held => buffer.as_str(),
        }
    }
}

#[cfg(all(test, feature = "reference"))]
impl Held {
    /// Overwrites leftovers that must not matter any more, but not what a cut line uses.
    pub(crate) fn poison(&mut self, value_is_used: bool, data_is_used: bool) {
        for (is_used, buffer) in [
            (self.fields.event_type, &mut self.event_type),
            (self.fields.data || data_is_used, &mut self.data),
            (self.fields.id, &mut self.id),
            (value_is_used, &mut self.value),
        ] {
            if !is_used {
                buffer.poison();
            }
        }
    }
}
