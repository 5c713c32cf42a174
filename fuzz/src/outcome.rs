//! What a parser says of a stream, and what the reference says at the same cut.

use std::time::Duration;

use esse_parser::reference::Interpretation;
use esse_parser::{Chunk, Event, Item, Limits, Parser};

/// The last event ID that each stream starts with. It is not empty, so that a lost one shows.
pub(crate) const EARLIER_ID: &str = "earlier";

/// An event, and the index of the chunk after which it was out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) event_type: String,
    pub(crate) data: String,
    pub(crate) last_event_id: String,
    pub(crate) after_chunk: usize,
}

/// All that is said of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Seen>,
    pub(crate) comments: Vec<String>,
    pub(crate) last_event_id: String,
    pub(crate) reconnection_time: Option<u64>,
}

pub(crate) fn unlimited() -> Parser {
    Parser::builder()
        .limits(Limits::NONE)
        .last_event_id(EARLIER_ID)
        .build()
}

/// What the parser says, with comments reported.
pub(crate) fn items(parser: &mut Parser, chunks: &[&[u8]]) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, bytes) in chunks.iter().enumerate() {
        let mut chunk = Chunk::new(bytes);
        while let Some(item) = unlimited_says(parser.next_item(&mut chunk)) {
            match item {
                Item::Event(event) => outcome.events.push(seen(event, index)),
                Item::Comment(text) => outcome.comments.push(text.to_owned()),
                Item::ReconnectionTime(time) => outcome.reconnection_time = Some(ms(time)),
                other => panic!("an item that no property knows: {other:?}"),
            }
        }
        assert!(chunk.is_empty(), "bytes of chunk {index} were not read");
    }
    parser
        .last_event_id()
        .clone_into(&mut outcome.last_event_id);
    assert_eq!(
        parser.reconnection_time().map(ms),
        outcome.reconnection_time
    );
    outcome
}

/// The events alone, which take another path past comments.
pub(crate) fn events(parser: &mut Parser, chunks: &[&[u8]]) -> Vec<Seen> {
    let mut events = Vec::new();
    for (index, bytes) in chunks.iter().enumerate() {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = unlimited_says(parser.next_event(&mut chunk)) {
            events.push(seen(event, index));
        }
    }
    events
}

/// What the reference says of the stream, with the chunk in which each event's last byte lies.
pub(crate) fn expected(told: &Interpretation, chunks: &[&[u8]]) -> Outcome {
    let events = told.events.iter().map(|event| Seen {
        event_type: event.event_type.clone(),
        data: event.data.clone(),
        last_event_id: event.last_event_id.clone(),
        after_chunk: chunk_of(event.after_byte, chunks),
    });
    Outcome {
        events: events.collect(),
        comments: told.comments.clone(),
        last_event_id: told.last_event_id.clone(),
        reconnection_time: told.reconnection_time,
    }
}

fn chunk_of(after_byte: usize, chunks: &[&[u8]]) -> usize {
    let mut end = 0;
    let reaches = |chunk: &&[u8]| {
        end += chunk.len();
        end >= after_byte
    };
    chunks.iter().position(reaches).unwrap_or(usize::MAX)
}

fn seen(event: Event<'_>, after_chunk: usize) -> Seen {
    Seen {
        event_type: event.event_type.to_owned(),
        data: event.data.to_owned(),
        last_event_id: event.last_event_id.to_owned(),
        after_chunk,
    }
}

fn unlimited_says<T>(said: Result<Option<T>, esse_parser::LimitExceeded>) -> Option<T> {
    said.unwrap_or_else(|error| panic!("there are no limits, but: {error}"))
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or_else(|_| panic!("more than a u64 of ms: {time:?}"))
}
