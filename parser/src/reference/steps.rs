//! Part 3, from HTML 9.2.6: how a stream is [interpreted](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation),
//! line by line. One function per set of steps, in the order of the standard.

use alloc::string::{String, ToString};

use super::decode::Decoded;
use super::grammar::Line;
use super::{Event, Interpretation};

/// The buffers that 9.2.6 associates with a stream. The last event ID string, the reconnection
/// time and the dispatched events are the interpretation itself.
pub(super) struct Interpreter {
    data_buffer: String,
    event_type_buffer: String,
    last_event_id_buffer: String,
    pub(super) interpretation: Interpretation,
}

impl Interpreter {
    pub(super) fn new(last_event_id: &str) -> Self {
        let last_event_id = last_event_id.to_string();
        Self {
            data_buffer: String::new(),
            event_type_buffer: String::new(),
            last_event_id_buffer: last_event_id.clone(),
            interpretation: Interpretation {
                last_event_id,
                ..Interpretation::default()
            },
        }
    }

    /// [9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation),
    /// "Lines must be processed, in the order they are received".
    pub(super) fn process_the_line(&mut self, line: &Line<'_>, decoded: &Decoded) {
        match line {
            Line::Blank { end_of_line } => self.dispatch_the_event(decoded.after_byte(end_of_line)),
            Line::Comment(text) => self.ignore_the_line(text),
            Line::Field { name, value } => self.process_the_field(name, value),
        }
    }

    /// [9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation),
    /// a line that starts with a colon: it means nothing, but is reported. The space goes as in a
    /// field's value, so that the comment `: x` says `x`.
    fn ignore_the_line(&mut self, text: &str) {
        let text = text.strip_prefix(' ').unwrap_or(text);
        self.interpretation.comments.push(text.to_string());
    }

    /// 9.2.6, [process the field](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField).
    /// Names are compared literally, with no case folding.
    fn process_the_field(&mut self, name: &str, value: &str) {
        match name {
            "event" => self.process_event(value),
            "data" => self.process_data(value),
            "id" => self.process_id(value),
            "retry" => self.process_retry(value),
            _ => {}
        }
    }

    /// 9.2.6, [field name "event"](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField):
    /// the event type buffer is set to the value.
    fn process_event(&mut self, value: &str) {
        self.event_type_buffer = value.to_string();
    }

    /// 9.2.6, [field name "data"](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField):
    /// the value and then one LF are appended to the data buffer.
    fn process_data(&mut self, value: &str) {
        self.data_buffer.push_str(value);
        self.data_buffer.push('\u{A}');
    }

    /// 9.2.6, [field name "id"](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField):
    /// the last event ID buffer is set to the value, unless that contains U+0000.
    fn process_id(&mut self, value: &str) {
        if !value.contains('\0') {
            self.last_event_id_buffer = value.to_string();
        }
    }

    /// 9.2.6, [field name "retry"](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField):
    /// a value of only ASCII digits is the reconnection time.
    ///
    /// Open in the standard: the empty value, which is no integer, is ignored; an integer above
    /// `u64::MAX` becomes `u64::MAX`.
    fn process_retry(&mut self, value: &str) {
        if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
            let digits = value.bytes().map(|b| u64::from(b - b'0'));
            let time = digits.fold(0u64, |n, digit| n.saturating_mul(10).saturating_add(digit));
            self.interpretation.reconnection_time = Some(time);
        }
    }

    /// 9.2.6, [dispatch the event](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage),
    /// the steps for web browsers.
    fn dispatch_the_event(&mut self, after_byte: usize) {
        // Step 1: the last event ID string is set. The buffer is not reset.
        self.interpretation.last_event_id = self.last_event_id_buffer.clone();
        // Step 2: without data the event type is forgotten, and nothing is dispatched.
        if self.data_buffer.is_empty() {
            self.event_type_buffer.clear();
            return;
        }
        // Step 3: the LF after the last value goes.
        if self.data_buffer.ends_with('\u{A}') {
            self.data_buffer.pop();
        }
        // Steps 4 and 5: the event is created, with the type "message".
        let mut event = Event {
            event_type: "message".to_string(),
            data: self.data_buffer.clone(),
            last_event_id: self.interpretation.last_event_id.clone(),
            after_byte,
        };
        // Step 6: a type that is not empty takes the place of "message".
        if !self.event_type_buffer.is_empty() {
            event.event_type.clone_from(&self.event_type_buffer);
        }
        // Step 7: both buffers are emptied.
        self.data_buffer.clear();
        self.event_type_buffer.clear();
        // Step 8: the event is dispatched.
        self.interpretation.events.push(event);
    }
}
