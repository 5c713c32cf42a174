//! The standard transcribed: a whole-input interpreter of event streams, made to be compared with.
//!
//! It is written to be read next to the standard, in three files, one for each part of it:
//!
//! 1. `decode`: "UTF-8 decode" of the [Encoding Standard][decode], byte by byte;
//! 2. `grammar`: HTML [9.2.5, Parsing an event stream][parsing], one function per production;
//! 3. `steps`: HTML [9.2.6, Interpreting an event stream][interpreting], in their order.
//!
//! It shares no code with the parser of this crate, and so can be its judge. Speed and memory are
//! no object, but the work is linear in the length of the stream.
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

/// Interprets a whole event stream (9.2.6) as a first connection does: no last event ID is known.
///
/// Every byte sequence has an interpretation. What the end of the stream leaves unfinished is
/// discarded: a line without its line end, and a block without its blank line.
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

/// Interprets a whole event stream (9.2.6) of a later connection, with the last event ID that an
/// earlier one left.
///
/// The last event ID buffer starts as that ID, taken as it is. The letter of 9.2.6 starts it empty, so that the
/// first block without an `id` would forget the ID; every browser keeps it.
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

/// What an event stream means: all that its interpretation leaves behind.
///
/// ```
/// use esse_parser::reference::{Interpretation, interpret};
///
/// assert_eq!(interpret(b""), Interpretation::default());
/// assert_eq!(interpret(b"retry: 3000\n").reconnection_time, Some(3000));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpretation {
    /// The dispatched events, in order.
    pub events: Vec<Event>,
    /// The text of each comment whose line ended, in order: what follows the colon, less one
    /// leading space. The standard gives comments no meaning.
    pub comments: Vec<String>,
    /// The last event ID string: what the last blank line committed, or the ID it started with.
    pub last_event_id: String,
    /// The reconnection time in milliseconds, where a `retry` field set one.
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
    /// The `type` attribute: `message` where the block named none.
    pub event_type: String,
    /// The `data` attribute: the values of the `data` fields, joined by LF.
    pub data: String,
    /// The `lastEventId` attribute.
    pub last_event_id: String,
    /// How many bytes of the stream must have arrived for the event to be out: all up to and with
    /// the CR or LF that completes its blank line. A BOM counts.
    pub after_byte: usize,
}
