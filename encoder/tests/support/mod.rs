//! Blocks as plain values, and what a receiver must read for them.
#![allow(dead_code)] // each test file uses some of it

#[cfg(feature = "std")]
pub(crate) mod io;

use std::time::Duration;

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};
use esse_parser::reference::{Event, Interpretation};

/// The values of a block, unchecked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) comments: Vec<String>,
    pub(crate) event: Option<String>,
    pub(crate) retry: Option<u64>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) data: Option<String>,
    pub(crate) id: Option<String>,
}

impl Values {
    /// The block with all values. The data is borrowed.
    pub(crate) fn block(&self) -> Result<Block<'_>, InvalidField> {
        let data = self.data.as_deref();
        self.onto(data.map_or_else(Block::new, Block::event))
    }

    /// Adds all values except the data to the block.
    pub(crate) fn onto<'a>(&'a self, mut block: Block<'a>) -> Result<Block<'a>, InvalidField> {
        for comment in &self.comments {
            block = block.comment(comment);
        }
        for (name, value) in &self.fields {
            block = block.field(FieldName::new(name.clone())?, value)?;
        }
        if let Some(event) = &self.event {
            block = block.event_type(EventType::new(event.clone())?);
        }
        if let Some(id) = &self.id {
            block = block.id(EventId::new(id.clone())?);
        }
        Ok(match self.retry {
            Some(milliseconds) => block.retry(Duration::from_millis(milliseconds)),
            None => block,
        })
    }

    /// What a receiver must read: these values and no others, with line breaks as LF. The last byte
    /// of the stream, which is `stream_len` long, must dispatch the event.
    pub(crate) fn meaning(&self, stream_len: usize) -> Interpretation {
        let last_event_id = self.id.clone().unwrap_or_default();
        let event = self.data.as_ref().map(|data| Event {
            event_type: self.event_type(),
            data: with_lf(data),
            last_event_id: last_event_id.clone(),
            after_byte: stream_len,
        });
        Interpretation {
            events: event.into_iter().collect(),
            comments: self.comment_lines(),
            last_event_id,
            reconnection_time: self.retry,
        }
    }

    /// An empty type counts as no type (9.2.6, dispatch).
    fn event_type(&self) -> String {
        let named = self.event.clone().filter(|event| !event.is_empty());
        named.unwrap_or_else(|| "message".into())
    }

    fn comment_lines(&self) -> Vec<String> {
        let lines = self.comments.iter().map(|comment| with_lf(comment));
        lines
            .flat_map(|lines| lines.split('\n').map(String::from).collect::<Vec<_>>())
            .collect()
    }
}

pub(crate) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

pub(crate) fn encoded(block: &Block<'_>) -> Vec<u8> {
    let mut stream = Vec::new();
    block.encode(&mut stream);
    stream
}
