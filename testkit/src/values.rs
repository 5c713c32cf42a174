//! A block as plain values, and what a receiver must make of it.

use std::time::Duration;

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};

/// The values of a block. They have not been validated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Comments.
    pub comments: Vec<String>,
    /// The event type.
    pub event_type: Option<String>,
    /// The reconnection time, in milliseconds.
    pub retry: Option<u64>,
    /// Names and values of other fields.
    pub fields: Vec<(String, String)>,
    /// The data.
    pub data: Option<String>,
    /// The last event ID.
    pub id: Option<String>,
}

impl Values {
    /// The block with all values, the data borrowed.
    ///
    /// # Errors
    /// If the encoder refuses a value.
    pub fn block(&self) -> Result<Block<'_>, InvalidField> {
        let data = self.data.as_deref();
        self.onto(data.map_or_else(Block::new, Block::event))
    }

    /// The block with all values but the data added.
    ///
    /// # Errors
    /// If the encoder refuses a value.
    pub fn onto<'b>(&'b self, mut block: Block<'b>) -> Result<Block<'b>, InvalidField> {
        for comment in &self.comments {
            block = block.comment(comment);
        }
        if let Some(event_type) = &self.event_type {
            block = block.event_type(EventType::new(event_type.clone())?);
        }
        if let Some(milliseconds) = self.retry {
            block = block.retry(Duration::from_millis(milliseconds));
        }
        for (name, value) in &self.fields {
            block = block.field(FieldName::new(name.clone())?, value)?;
        }
        if let Some(id) = &self.id {
            block = block.id(EventId::new(id.clone())?);
        }
        Ok(block)
    }
}

#[cfg(feature = "reference")]
mod meaning {
    use esse_parser::reference::{Event, Interpretation};

    use super::Values;
    use crate::with_lf;

    impl Values {
        /// What a stream of this block alone means: these values and no others, with line breaks
        /// as LF, and the event with the last of `stream_len` bytes.
        pub fn meaning(&self, stream_len: usize) -> Interpretation {
            let mut meaning = Interpretation::default();
            self.add_to(&mut meaning, stream_len);
            meaning
        }

        /// Adds this block to what a stream means. The block ends `after_byte` bytes into it.
        pub fn add_to(&self, meaning: &mut Interpretation, after_byte: usize) {
            for comment in &self.comments {
                let lines = with_lf(comment);
                meaning
                    .comments
                    .extend(lines.split('\n').map(str::to_owned));
            }
            if let Some(id) = &self.id {
                meaning.last_event_id.clone_from(id);
            }
            meaning.reconnection_time = self.retry.or(meaning.reconnection_time);
            // An empty type counts as none (9.2.6, dispatch).
            let event_type = self.event_type.as_deref().filter(|text| !text.is_empty());
            meaning.events.extend(self.data.as_ref().map(|data| Event {
                event_type: event_type.unwrap_or("message").to_owned(),
                data: with_lf(data).into_owned(),
                last_event_id: meaning.last_event_id.clone(),
                after_byte,
            }));
        }
    }
}

/// The block as bytes.
pub fn encoded(block: &Block<'_>) -> Vec<u8> {
    let mut stream = Vec::new();
    block.encode(&mut stream);
    stream
}
