//! Blocks as a fuzzer writes them: an event stream whose lines end in the byte FF.
//!
//! UTF-8 never has that byte, so every text can be a value: with line breaks, and with what the
//! encoder must refuse. What is not UTF-8 is replaced. `*: 3` repeats the data three times.

use std::borrow::Cow;
use std::time::Duration;

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};
use esse_parser::reference::{Event, Interpretation};

/// What ends a line.
pub const LINE_END: u8 = 0xFF;

/// The most that repeated data may come to, in bytes: over the 32 KiB from which a frame shares it.
const LARGEST: usize = 80 << 10;

/// The values of a block as they are offered, of which some may have to be refused.
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

/// The blocks that the bytes hold.
///
/// ```
/// let blocks = esse_fuzz::blocks::read(b"data: two\nlines\xFF\xFFid: 7\xFF*: 2\xFFdata: x");
/// assert_eq!(blocks[0].data.as_deref(), Some("two\nlines"));
/// assert_eq!(blocks[1].data.as_deref(), Some("xx"));
/// ```
pub fn read(bytes: &[u8]) -> Vec<Values> {
    let mut blocks = vec![Values::default()];
    let mut times = 1;
    for line in bytes.split(|byte| *byte == LINE_END) {
        let line = String::from_utf8_lossy(line);
        match blocks.last_mut() {
            Some(block) if !line.is_empty() => block.read_line(&line, &mut times),
            _ => blocks.push(Values::default()),
        }
    }
    blocks
}

impl Values {
    fn read_line(&mut self, line: &str, times: &mut usize) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => self.comments.push(value.to_owned()),
            "event" => self.event_type = Some(value.to_owned()),
            "retry" => self.retry = value.parse().ok(),
            "data" => self.data = Some(repeat(value, std::mem::replace(times, 1))),
            "id" => self.id = Some(value.to_owned()),
            "*" => *times = value.parse().unwrap_or(1),
            name => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Takes out what the encoder refuses, and says why it was.
    ///
    /// ```
    /// let mut values = esse_fuzz::blocks::Values { id: Some("a\nb".into()), ..Default::default() };
    /// assert_eq!(values.take_refused().len(), 1);
    /// assert_eq!(values.id, None);
    /// ```
    pub fn take_refused(&mut self) -> Vec<InvalidField> {
        let mut refused = Vec::new();
        let mut keep = |checked: Result<(), InvalidField>| match checked {
            Ok(()) => true,
            Err(error) => {
                refused.push(error);
                false
            }
        };
        self.event_type
            .take_if(|text| !keep(EventType::new(text.clone()).map(drop)));
        self.id
            .take_if(|text| !keep(EventId::new(text.clone()).map(drop)));
        self.fields.retain(|(name, value)| {
            keep(
                FieldName::new(name.clone())
                    .and_then(|name| Block::new().field(name, value.as_str()).map(drop)),
            )
        });
        refused
    }

    /// The block, with all values but the data.
    ///
    /// # Errors
    /// Where a value is refused.
    ///
    /// ```
    /// let values = esse_fuzz::blocks::Values { retry: Some(5), ..Default::default() };
    /// let block = values.onto(esse_encoder::Block::event("x"))?;
    /// assert_eq!(block.to_frame().to_bytes(), "retry: 5\ndata: x\n\n");
    /// # Ok::<(), esse_encoder::InvalidField>(())
    /// ```
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

    /// Adds to what a stream means what this block at its end is to mean.
    pub(crate) fn mean(&self, meaning: &mut Interpretation, after_byte: usize) {
        let lines = |text: &String| -> Vec<String> {
            let text = with_lf(text);
            text.split('\n').map(str::to_owned).collect()
        };
        meaning
            .comments
            .extend(self.comments.iter().flat_map(lines));
        if let Some(id) = &self.id {
            meaning.last_event_id.clone_from(id);
        }
        meaning.reconnection_time = self.retry.or(meaning.reconnection_time);
        meaning.events.extend(self.data.as_ref().map(|data| Event {
            event_type: self.meant_type().to_owned(),
            data: with_lf(data).into_owned(),
            last_event_id: meaning.last_event_id.clone(),
            after_byte,
        }));
    }

    fn meant_type(&self) -> &str {
        match self.event_type.as_deref() {
            None | Some("") => "message",
            Some(event_type) => event_type,
        }
    }
}

fn repeat(value: &str, times: usize) -> String {
    let most = LARGEST / value.len().max(1);
    value.repeat(times.min(most.max(1)))
}

/// The text with each of its line breaks as LF.
fn with_lf(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}
