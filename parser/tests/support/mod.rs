//! What the tests share: a stream parsed at a cut, and what the reference says of it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

#[cfg(feature = "reference")]
use esse_parser::reference;
use esse_parser::{Chunk, Event, Item, Limits, Parser};

/// An event, and the 0-based index of the chunk after which it was out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub event_type: String,
    pub data: String,
    pub last_event_id: String,
    pub after_chunk: usize,
}

/// All that a parser says of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub events: Vec<Seen>,
    pub comments: Vec<String>,
    pub last_event_id: String,
    pub reconnection_time: Option<u64>,
}

impl Seen {
    pub fn new(event: Event<'_>, after_chunk: usize) -> Self {
        Self {
            event_type: event.event_type.into(),
            data: event.data.into(),
            last_event_id: event.last_event_id.into(),
            after_chunk,
        }
    }
}

/// The stream in pieces: `cuts` are positions in it, in order; a doubled one is an empty chunk.
pub fn chunks<'s>(stream: &'s [u8], cuts: &[usize]) -> Vec<&'s [u8]> {
    let ends = cuts.iter().copied().chain([stream.len()]);
    let mut start = 0;
    ends.map(|end| {
        let chunk = &stream[start..end];
        start = end;
        chunk
    })
    .collect()
}

/// What the fast parser says, with comments reported.
pub fn parse(stream: &[u8], cuts: &[usize], last_event_id: &str) -> Outcome {
    let mut parser = Parser::builder()
        .limits(Limits::NONE)
        .last_event_id(last_event_id)
        .build();
    let mut outcome = Outcome::default();
    for (index, bytes) in chunks(stream, cuts).into_iter().enumerate() {
        let mut chunk = Chunk::new(bytes);
        while let Some(item) = parser.next_item(&mut chunk).unwrap() {
            match item {
                Item::Event(event) => outcome.events.push(Seen::new(event, index)),
                Item::Comment(text) => outcome.comments.push(text.into()),
                Item::ReconnectionTime(time) => outcome.reconnection_time = Some(ms(time)),
                other => panic!("an item that no test knows: {other:?}"),
            }
        }
        assert!(chunk.is_empty());
    }
    assert_eq!(
        parser.reconnection_time().map(ms),
        outcome.reconnection_time
    );
    parser.finish();
    parser
        .last_event_id()
        .clone_into(&mut outcome.last_event_id);
    outcome
}

/// The events alone, from `next_event`, which takes another path past comments.
pub fn parse_events(stream: &[u8], cuts: &[usize]) -> Vec<Seen> {
    let mut parser = Parser::builder().limits(Limits::NONE).build();
    let mut events = Vec::new();
    for (index, bytes) in chunks(stream, cuts).into_iter().enumerate() {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).unwrap() {
            events.push(Seen::new(event, index));
        }
    }
    events
}

/// What the reference says, with the chunk in which each event's last byte lies.
#[cfg(feature = "reference")]
pub fn expected(stream: &[u8], cuts: &[usize], last_event_id: &str) -> Outcome {
    let told = reference::interpret_from(stream, last_event_id);
    let events = told.events.into_iter().map(|event| Seen {
        event_type: event.event_type,
        data: event.data,
        last_event_id: event.last_event_id,
        after_chunk: cuts.iter().filter(|&&cut| cut < event.after_byte).count(),
    });
    Outcome {
        events: events.collect(),
        comments: told.comments,
        last_event_id: told.last_event_id,
        reconnection_time: told.reconnection_time,
    }
}

/// Whole, byte by byte, every two-way split, and one with empty chunks.
pub fn cuts_of(len: usize) -> Vec<Vec<usize>> {
    let mut cuts = vec![vec![], (1..len).collect(), vec![0, 0, len, len]];
    cuts.extend((1..len).map(|at| vec![at]));
    cuts
}

fn ms(time: std::time::Duration) -> u64 {
    time.as_millis().try_into().unwrap()
}
