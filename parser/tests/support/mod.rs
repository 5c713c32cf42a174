//! A stream parsed at a cut, and what the reference says of it.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test uses a part"
)]

#[cfg(feature = "reference")]
use esse_parser::reference;
pub use esse_testkit::{Outcome, Seen, chunks, cuts_of};
use esse_testkit::{chunk_of, events, outcome, unlimited};

/// What the fast parser reports, with comments.
pub fn parse(stream: &[u8], cuts: &[usize], last_event_id: &str) -> Outcome {
    let mut parser = unlimited(last_event_id);
    let mut outcome = outcome(&mut parser, &chunks(stream, cuts));
    parser.finish();
    parser
        .last_event_id()
        .clone_into(&mut outcome.last_event_id);
    outcome
}

/// The events alone, from `next_event`.
pub fn parse_events(stream: &[u8], cuts: &[usize]) -> Vec<Seen> {
    events(&mut unlimited(""), &chunks(stream, cuts))
}

/// What the reference says, with the chunk that holds each event's last byte.
///
/// This is `esse_testkit::expected`, which these tests cannot use: it turns on `reference`, also for
/// a run without that feature.
#[cfg(feature = "reference")]
pub fn expected(stream: &[u8], cuts: &[usize], last_event_id: &str) -> Outcome {
    let meaning = reference::interpret_from(stream, last_event_id);
    let chunks = chunks(stream, cuts);
    let events = meaning.events.into_iter().map(|event| Seen {
        event_type: event.event_type,
        data: event.data,
        last_event_id: event.last_event_id,
        after_chunk: chunk_of(event.after_byte, &chunks),
    });
    Outcome {
        events: events.collect(),
        comments: meaning.comments,
        last_event_id: meaning.last_event_id,
        reconnection_time: meaning.reconnection_time,
    }
}
