//! The current block: the buffers of 9.2.6, borrowed from the chunk as long as it is there.

use alloc::string::String;
use alloc::vec::Vec;

use crate::buffer::{KEPT_CAPACITY, refill, refill_bytes};
use crate::chunk::Value;
use crate::decode::decode_within;
use crate::work;

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
}

/// The parts of a block that outlive their chunk or could not be borrowed from it.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) event_type: String,
    /// UTF-8, except for a line that has not ended.
    pub(crate) data: Vec<u8>,
    pub(crate) id: String,
    pub(crate) comment: String,
    /// The value so far of a line that has not ended, unless it is data.
    pub(crate) value: Vec<u8>,
    /// Which of the block's fields are here, between two calls.
    pub(crate) fields: Fields,
}

/// Which fields of a block have occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) event_type: bool,
    pub(crate) data: bool,
    pub(crate) id: bool,
}

impl Held {
    /// Returns the block that earlier chunks began.
    #[inline]
    pub(crate) fn take_block<'c>(&mut self) -> Block<'c> {
        let Fields {
            event_type,
            data,
            id,
        } = core::mem::take(&mut self.fields);
        let held = |came: bool| came.then_some(Text::Held);
        Block {
            event_type: held(event_type),
            data: held(data),
            id: held(id),
        }
    }

    /// Copies the block out of the chunk, which the caller may drop afterwards.
    #[inline]
    pub(crate) fn keep(&mut self, block: Block<'_>) {
        self.fields = Fields {
            event_type: keep_text(block.event_type, &mut self.event_type),
            data: self.keep_data(block.data),
            id: keep_text(block.id, &mut self.id),
        };
    }

    /// Frees a data buffer that a huge event made large, after an event that did not need it.
    #[inline]
    pub(crate) fn give_back(&mut self) {
        if self.data.capacity() > KEPT_CAPACITY {
            self.drop_data();
        }
    }

    #[cold]
    fn drop_data(&mut self) {
        self.data = Vec::new();
    }

    fn keep_data(&mut self, data: Option<Text<'_>>) -> bool {
        if let Some(Text::Chunk(text)) = data {
            refill_bytes(&mut self.data, text.as_bytes());
        }
        data.is_some()
    }

    /// The data buffer between two lines, when it is UTF-8.
    #[inline(never)]
    pub(crate) fn data_text(&self) -> &str {
        work::count(self.data.len());
        simdutf8::basic::from_utf8(&self.data).unwrap_or_default()
    }
}

fn keep_text(text: Option<Text<'_>>, buffer: &mut String) -> bool {
    if let Some(Text::Chunk(text)) = text {
        refill(buffer, text);
    }
    text.is_some()
}

impl<'c> Text<'c> {
    /// The text of a value: borrowed if it is valid, otherwise decoded into `buffer`. `None` if it
    /// is over `limit`.
    #[inline]
    pub(crate) fn of(value: Value<'c>, buffer: &mut String, limit: usize) -> Option<Self> {
        match value {
            Value::Text(text) => (text.len() <= limit).then_some(Self::Chunk(text)),
            Value::Invalid(bytes) => decode_within(bytes, buffer, limit).then_some(Self::Held),
        }
    }

    #[inline]
    pub(crate) fn resolve<'a>(self, buffer: &'a str) -> &'a str
    where
        'c: 'a,
    {
        match self {
            Self::Chunk(text) => text,
            Self::Held => buffer,
        }
    }
}
