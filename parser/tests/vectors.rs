//! The golden vectors, at every cut.

mod support;

use esse_vectors::{Expectation, ParseVector};
use support::{Outcome, Seen, cuts_of, parse};

fn expected(expect: &Expectation, cuts: &[usize]) -> Outcome {
    let events = expect.events.iter().map(|event| Seen {
        event_type: event.event_type.clone(),
        data: event.data.clone(),
        last_event_id: event.last_event_id.clone(),
        after_chunk: cuts.iter().filter(|&&cut| cut < event.after_byte).count(),
    });
    Outcome {
        events: events.collect(),
        comments: expect.comments.clone().unwrap_or_default(),
        last_event_id: expect.last_event_id.clone(),
        reconnection_time: expect.reconnection_time,
    }
}

fn check(vector: &ParseVector, cuts: &[usize]) {
    let initial = vector.initial_last_event_id.as_deref().unwrap_or_default();
    let mut outcome = parse(&vector.input, cuts, initial);
    if vector.expect.comments.is_none() {
        outcome.comments.clear();
    }
    assert_eq!(
        outcome,
        expected(&vector.expect, cuts),
        "{} cut at {cuts:?}",
        vector.id
    );
}

#[test]
fn every_vector_at_every_cut() {
    for vector in esse_vectors::parse_vectors().unwrap() {
        let len = vector.input.len();
        let cuts = match len {
            0..=1024 => cuts_of(len),
            _ => vec![
                vec![],
                (1..len).collect(),
                vec![len / 2],
                (1..len).step_by(1460).collect(),
            ],
        };
        for cuts in cuts {
            check(&vector, &cuts);
        }
    }
}

/// The reference reads the vectors as the fast parser does.
#[cfg(feature = "reference")]
#[test]
fn the_reference_agrees_with_every_vector() {
    use esse_parser::reference::interpret_from;

    for vector in esse_vectors::parse_vectors().unwrap() {
        let initial = vector.initial_last_event_id.as_deref().unwrap_or_default();
        let mut outcome = support::expected(&vector.input, &[], initial);
        if vector.expect.comments.is_none() {
            outcome.comments.clear();
        }
        assert_eq!(outcome, expected(&vector.expect, &[]), "{}", vector.id);
        let interpretation = interpret_from(&vector.input, initial);
        let after = interpretation.events.iter().map(|event| event.after_byte);
        let expected = vector.expect.events.iter().map(|event| event.after_byte);
        assert!(after.eq(expected), "afterByte of {}", vector.id);
    }
}
