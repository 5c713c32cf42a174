//! Interprets an event stream (9.2.6) byte by byte.

use std::mem::take;
use std::time::Duration;

use crate::wrong::Wrong;

/// What an event stream gives a client.
pub(crate) enum Item {
    Event { event_type: String, data: String },
    Comment(String),
}

/// One event stream, and what stays over the streams of a client.
#[derive(Default)]
pub(crate) struct Stream {
    pub(crate) last_event_id: String,
    pub(crate) retry: Option<Duration>,
    /// Its response has been announced.
    pub(crate) has_started: bool,
    line: Vec<u8>,
    after_cr: bool,
    lines: usize,
    data: String,
    event_type: String,
    id: Option<String>,
    retry_of_block: Option<Duration>,
}

/// An event has more data than the client allows.
pub(crate) struct TooLong;

impl Stream {
    /// For a client that knows these before its first connection.
    pub(crate) fn new(last_event_id: &str, retry: Option<Duration>) -> Self {
        Self {
            last_event_id: last_event_id.to_owned(),
            retry,
            ..Self::default()
        }
    }

    /// Begins another stream. What the last one left is discarded.
    pub(crate) fn start(&mut self, wrong: Wrong) {
        self.lines = usize::from(wrong == Wrong::KeepsBomLater && self.lines > 0);
        self.after_cr = false;
        self.has_started = false;
        match wrong {
            Wrong::LosesRetryAcrossConnections => self.retry = None,
            Wrong::LosesIdAcrossConnections => self.last_event_id.clear(),
            _ => {}
        }
        if wrong != Wrong::KeepsHalfBlock {
            self.line.clear();
            self.end_block();
        }
    }

    /// The rest is discarded, because it is not a whole block.
    pub(crate) fn end(&mut self, wrong: Wrong) -> Option<Item> {
        match wrong {
            Wrong::TakesRetryOfHalfLine if !self.line.is_empty() => {
                self.end_line(wrong);
                None
            }
            Wrong::DispatchesHalfBlock => {
                if !self.line.is_empty() {
                    self.end_line(wrong);
                }
                self.dispatch(wrong)
            }
            Wrong::TakesIdOfHalfBlock => {
                self.last_event_id = self.id.take().unwrap_or(take(&mut self.last_event_id));
                None
            }
            _ => None,
        }
    }

    /// Takes the next byte.
    pub(crate) fn byte(
        &mut self,
        byte: u8,
        most: usize,
        wrong: Wrong,
    ) -> Result<Option<Item>, TooLong> {
        let after_cr = take(&mut self.after_cr);
        match byte {
            b'\n' if after_cr => return Ok(None),
            b'\r' | b'\n' => {
                self.after_cr = byte == b'\r';
                return Ok(self.end_line(wrong));
            }
            _ => self.line.push(byte),
        }
        let is_data = self.line.starts_with(b"data:");
        let length = self.data.len() + self.line.len().saturating_sub("data: ".len());
        if is_data && length > most && wrong != Wrong::IgnoresLimit {
            return Err(TooLong);
        }
        Ok(None)
    }

    fn end_line(&mut self, wrong: Wrong) -> Option<Item> {
        let line = String::from_utf8_lossy(&take(&mut self.line)).into_owned();
        let is_first = self.lines == 0;
        self.lines += 1;
        let line = match line.strip_prefix('\u{FEFF}') {
            Some(rest) if is_first => rest,
            _ => &line,
        };
        if line.is_empty() {
            return self.dispatch(wrong);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => return Some(Item::Comment(value.to_owned())),
            "data" => self.data.extend([value, "\n"]),
            "event" => value.clone_into(&mut self.event_type),
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            "retry" => self.set_retry(value, wrong),
            _ => {}
        }
        None
    }

    fn set_retry(&mut self, value: &str, wrong: Wrong) {
        let is_digit = |char: char| char.is_ascii_digit();
        let mut value = value;
        if wrong == Wrong::TakesRetryWithNonDigits {
            value = value.trim().trim_start_matches('+');
            value = &value[..value.find(|char| !is_digit(char)).unwrap_or(value.len())];
        }
        if value.is_empty() || !value.chars().all(is_digit) {
            return;
        }
        let time = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
        if wrong == Wrong::AppliesRetryAtDispatch {
            self.retry_of_block = time;
        } else {
            self.retry = time;
        }
    }

    /// Dispatches the event (9.2.6).
    fn dispatch(&mut self, wrong: Wrong) -> Option<Item> {
        self.retry = self.retry_of_block.take().or(self.retry);
        let is_lost = wrong == Wrong::LosesIdWithoutData && self.data.is_empty();
        match self.id.take().filter(|_| !is_lost) {
            Some(id) if id.is_empty() && wrong == Wrong::IgnoresEmptyId => {}
            Some(id) => self.last_event_id = id,
            None if wrong == Wrong::LosesIdAfterEventWithout => self.last_event_id.clear(),
            None => {}
        }
        let (data, event_type) = (take(&mut self.data), take(&mut self.event_type));
        let data = data.strip_suffix('\n')?.to_owned();
        let is_dropped = wrong == Wrong::DropsLongEvents && data.len() > 65_536;
        (!is_dropped).then(|| Item::Event {
            event_type: if event_type.is_empty() {
                "message".to_owned()
            } else {
                event_type
            },
            data,
        })
    }

    fn end_block(&mut self) {
        self.data.clear();
        self.event_type.clear();
        self.id = None;
        self.retry_of_block = None;
    }
}
