//! The standard, transcribed: an interpreter of whole event streams to compare parsers with.
//!
//! It is written to be read next to the standard, in three files, one for each part of it:
//!
//! 1. `decode`: "UTF-8 decode" of the [Encoding Standard][decode], byte by byte;
//! 2. `grammar`: HTML [9.2.5, Parsing an event stream][parsing], one function per production;
//! 3. `steps`: HTML [9.2.6, Interpreting an event stream][interpreting], in their order.
//!
//! It shares no code with the parser of this crate, so it can judge it. It is not made for speed or
//! low memory, but its work is linear in the length of the stream.
//!
//! ```
//! use esse_parser::reference::interpret;
//!
//! let stream = b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n";
//! let events = interpret(stream).events;
//! assert_eq!(events[0].event_type, "add");
//! assert_eq!(events[1].data, "2153");
//! ```
//!
//! [decode]: https://encoding.spec.whatwg.org/#utf-8-decode
//! [parsing]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
//! [interpreting]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

mod decode;
mod grammar;
mod steps;

use alloc::string::String;
use alloc::vec::Vec;

/// Interprets a whole event stream (9.2.6) of a first connection, without a last event ID.
///
/// Every byte sequence has an interpretation. A line without a line end and a block without a blank
/// line are discarded at the end of the stream.
///
/// ```
/// use esse_parser::reference::interpret;
///
/// let interpretation = interpret(b": hello\nid: 7\ndata: YHOO\ndata: +2\n\ndata: unfinished\n");
/// assert_eq!(interpretation.events.len(), 1);
/// assert_eq!(interpretation.events[0].data, "YHOO\n+2");
/// assert_eq!(interpretation.comments, ["hello"]);
/// assert_eq!(interpretation.last_event_id, "7");
/// ```
pub fn interpret(stream: &[u8]) -> Interpretation {
    interpret_from(stream, "")
}

/// Interprets a whole event stream (9.2.6) of a later connection, with the last event ID of the
/// earlier one.
///
/// The last event ID buffer starts as that ID, unchanged. Taken literally, 9.2.6 starts it empty,
/// and the first block without an `id` would forget the ID. Every browser keeps it.
///
/// ```
/// use esse_parser::reference::interpret_from;
///
/// let interpretation = interpret_from(b"data: x\n\n", "41");
/// assert_eq!(interpretation.events[0].last_event_id, "41");
/// assert_eq!(interpretation.last_event_id, "41");
/// ```
pub fn interpret_from(stream: &[u8], last_event_id: &str) -> Interpretation {
    let decoded = decode::utf8_decode(stream);
    let mut interpreter = steps::Interpreter::new(last_event_id);
    for line in grammar::parse(&decoded.text) {
        interpreter.process_the_line(&line, &decoded);
    }
    // The end of the file: what is still in the buffers is discarded.
    interpreter.interpretation
}

/// What an event stream means: everything that its interpretation yields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpretation {
    /// The dispatched events, in order.
    pub events: Vec<Event>,
    /// The text of each comment whose line ended, in order: what follows the colon, less one
    /// leading space. The standard gives comments no meaning.
    pub comments: Vec<String>,
    /// The last event ID string: the one that the last blank line set, or the one at the start.
    pub last_event_id: String,
    /// The reconnection time in milliseconds, if a `retry` field set one.
    pub reconnection_time: Option<u64>,
}

/// An event as dispatched (9.2.6): the attributes of its `MessageEvent`, and when it was complete.
///
/// ```
/// use esse_parser::reference::{Event, interpret};
///
/// let event = Event {
///     event_type: "message".into(),
///     data: "x".into(),
///     last_event_id: "".into(),
///     after_byte: 9, // the first CR of the blank line's CRLF: the event waits for no LF
/// };
/// assert_eq!(interpret(b"data: x\n\r\n").events, [event.clone()]);
/// assert_eq!(interpret(b"data: x\n\r").events, [event]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The `type` attribute: `message` if the block does not name a type.
    pub event_type: String,
    /// The `data` attribute: the values of the `data` fields, joined by LF.
    pub data: String,
    /// The `lastEventId` attribute.
    pub last_event_id: String,
    /// How many bytes of the stream must have arrived for the event to be dispatched: everything up
    /// to and including the CR or LF that completes its blank line. A BOM counts.
    pub after_byte: usize,
}
