//! What a parser reports of a stream that came in chunks.

use std::time::Duration;

#[cfg(feature = "reference")]
use esse_parser::reference::Interpretation;
use esse_parser::{Chunk, Event, Item, LimitExceeded, Limits, Parser};

/// An event, and the index of the chunk after which it was out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its type.
    pub event_type: String,
    /// Its data.
    pub data: String,
    /// The last event ID when it was dispatched.
    pub last_event_id: String,
    /// The index of the chunk with its last byte.
    pub after_chunk: usize,
}

/// Everything that a parser reports of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The events.
    pub events: Vec<Seen>,
    /// The comments.
    pub comments: Vec<String>,
    /// The last event ID at the end.
    pub last_event_id: String,
    /// The reconnection time at the end, in milliseconds.
    pub reconnection_time: Option<u64>,
}

impl Seen {
    /// An event that came with this chunk.
    pub fn new(event: Event<'_>, after_chunk: usize) -> Self {
        Self {
            event_type: event.event_type.into(),
            data: event.data.into(),
            last_event_id: event.last_event_id.into(),
            after_chunk,
        }
    }
}

/// A parser without limits that starts with this last event ID.
pub fn unlimited(last_event_id: &str) -> Parser {
    Parser::builder()
        .limits(Limits::NONE)
        .last_event_id(last_event_id)
        .build()
}

/// What a parser without limits reports, with comments.
///
/// # Panics
/// If it reports an error, or leaves bytes unread.
pub fn outcome(parser: &mut Parser, chunks: &[&[u8]]) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, bytes) in chunks.iter().enumerate() {
        let mut chunk = Chunk::new(bytes);
        while let Some(item) = within_limits(parser.next_item(&mut chunk)) {
            match item {
                Item::Event(event) => outcome.events.push(Seen::new(event, index)),
                Item::Comment(text) => outcome.comments.push(text.into()),
                Item::ReconnectionTime(time) => outcome.reconnection_time = Some(ms(time)),
                Item::LastEventId(id) => outcome.last_event_id = id.into(),
                other => panic!("an item that no test knows: {other:?}"),
            }
        }
        assert!(chunk.is_empty(), "bytes of chunk {index} were not read");
    }
    parser
        .last_event_id()
        .clone_into(&mut outcome.last_event_id);
    let reconnection_time = parser.reconnection_time().map(ms);
    assert_eq!(reconnection_time, outcome.reconnection_time);
    outcome
}

/// The events alone, from `next_event`, which takes another path past comments.
///
/// # Panics
/// If a parser without limits reports an error.
pub fn events(parser: &mut Parser, chunks: &[&[u8]]) -> Vec<Seen> {
    let mut events = Vec::new();
    for (index, bytes) in chunks.iter().enumerate() {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = within_limits(parser.next_event(&mut chunk)) {
            events.push(Seen::new(event, index));
        }
    }
    events
}

/// What the reference says of a stream, with the chunk that holds each event's last byte.
#[cfg(feature = "reference")]
pub fn expected(meaning: &Interpretation, chunks: &[&[u8]]) -> Outcome {
    let events = meaning.events.iter().map(|event| Seen {
        event_type: event.event_type.clone(),
        data: event.data.clone(),
        last_event_id: event.last_event_id.clone(),
        after_chunk: crate::chunk_of(event.after_byte, chunks),
    });
    Outcome {
        events: events.collect(),
        comments: meaning.comments.clone(),
        last_event_id: meaning.last_event_id.clone(),
        reconnection_time: meaning.reconnection_time,
    }
}

fn within_limits<T>(item: Result<Option<T>, LimitExceeded>) -> Option<T> {
    item.unwrap_or_else(|error| panic!("there are no limits, but: {error}"))
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or_else(|_| panic!("too many milliseconds: {time:?}"))
}
