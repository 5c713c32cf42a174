//! What must hold between a stream and its expectation, without a parser.

use esse_vectors::{Expectation, ExpectedEvent, Level, ParseVector, parse_vectors};

#[test]
fn every_vector_keeps_its_rules() {
    for vector in parse_vectors().expect("the files are right") {
        assert_eq!(problems(&vector), [""; 0], "{}", vector.id);
    }
}

fn problems(vector: &ParseVector) -> Vec<String> {
    let mut problems = Vec::new();
    let others = vector.also.iter().map(|other| &other.expectation);
    for expectation in std::iter::once(&vector.expect).chain(others) {
        problems.extend(out_of_order(expectation));
        for event in &expectation.events {
            problems.extend(misplaced(vector, event));
            problems.extend(wrong_chunk(vector, event));
        }
    }
    problems.extend(needless_others(vector));
    problems
}

/// A blank line dispatches one event at most, so no two events are out with the same byte.
fn out_of_order(expectation: &Expectation) -> Option<String> {
    let places = expectation.events.iter().map(|event| event.after_byte);
    let places: Vec<usize> = places.collect();
    let rising = places.windows(2).all(|pair| pair[0] < pair[1]);
    (!rising).then(|| format!("afterByte does not rise: {places:?}"))
}

/// Only the end of a line completes an event.
fn misplaced(vector: &ParseVector, event: &ExpectedEvent) -> Option<String> {
    let at = event.after_byte.checked_sub(1);
    let completing = at.and_then(|at| vector.input.get(at));
    let line_end = matches!(completing, Some(b'\n' | b'\r'));
    (!line_end).then(|| format!("afterByte {} is no line end", event.after_byte))
}

fn wrong_chunk(vector: &ParseVector, event: &ExpectedEvent) -> Option<String> {
    let given = event.after_chunk?;
    let chunks = vector.chunks.as_deref();
    let expected = chunks.and_then(|chunks| holder(chunks, event.after_byte));
    (expected != Some(given)).then(|| format!("afterChunk {given} is not {expected:?}"))
}

/// The first chunk with which `bytes` bytes have arrived.
fn holder(chunks: &[Vec<u8>], bytes: usize) -> Option<usize> {
    let mut arrived = 0;
    chunks.iter().position(|chunk| {
        arrived += chunk.len();
        arrived >= bytes
    })
}

fn needless_others(vector: &ParseVector) -> Vec<String> {
    let mut problems = Vec::new();
    if vector.level == Level::Must && !vector.also.is_empty() {
        problems.push("level must with also".to_owned());
    }
    for (at, other) in vector.also.iter().enumerate() {
        let mut earlier = vector.also[..at].iter().map(|other| &other.expectation);
        if other.expectation == vector.expect || earlier.any(|known| *known == other.expectation) {
            problems.push(format!("{} adds nothing", other.who));
        }
    }
    problems
}

/// The rules can be broken: each defect is found, and it alone.
mod broken {
    use esse_vectors::{Alternative, Expectation, ExpectedEvent, Level, ParseVector};

    use super::problems;

    fn event(after_byte: usize, after_chunk: usize) -> ExpectedEvent {
        ExpectedEvent {
            event_type: "message".to_owned(),
            data: String::new(),
            last_event_id: String::new(),
            after_byte,
            after_chunk: Some(after_chunk),
        }
    }

    fn expectation(events: Vec<ExpectedEvent>) -> Expectation {
        Expectation {
            events,
            last_event_id: String::new(),
            reconnection_time: None,
            comments: None,
            ignored: None,
            discarded: None,
        }
    }

    /// Two events in four chunks, of which the third is empty.
    fn right() -> ParseVector {
        ParseVector {
            suite: "parse/sample".to_owned(),
            spec: "9.2.6".to_owned(),
            id: "sample/one".to_owned(),
            comment: "c".to_owned(),
            flags: vec![],
            level: Level::May,
            input: b"data\n\ndata\n\n".to_vec(),
            chunks: Some(vec![
                b"data\n".to_vec(),
                b"\n".to_vec(),
                vec![],
                b"data\n\n".to_vec(),
            ]),
            initial_last_event_id: None,
            expect: expectation(vec![event(6, 1), event(12, 3)]),
            also: vec![alternative(vec![event(6, 1)])],
        }
    }

    fn alternative(events: Vec<ExpectedEvent>) -> Alternative {
        Alternative {
            who: "w".to_owned(),
            expectation: expectation(events),
        }
    }

    #[test]
    fn a_right_vector_has_no_problem() {
        assert_eq!(problems(&right()), [""; 0]);
    }

    type Edit = fn(&mut ParseVector);

    #[test]
    fn each_defect_of_a_vector_is_found() {
        let defects: [(&str, Edit); 10] = [
            ("afterByte does not rise: [12, 6]", |vector| {
                vector.expect.events.swap(0, 1);
            }),
            ("afterByte 4 is no line end", |vector| {
                vector.expect.events = vec![event(4, 0)];
            }),
            ("afterByte 10 is no line end", |vector| {
                vector.expect.events = vec![event(10, 3)];
            }),
            ("afterByte 13 is no line end", |vector| {
                without_chunks(vector);
                let mut past_the_end = event(13, 0);
                past_the_end.after_chunk = None;
                vector.expect.events = vec![past_the_end];
            }),
            ("afterChunk 2 is not Some(3)", |vector| {
                vector.expect.events[1].after_chunk = Some(2);
            }),
            ("afterChunk 1 is not None", |vector| {
                without_chunks(vector);
                vector.expect.events.truncate(1);
            }),
            // Of another outcome.
            ("afterByte 4 is no line end", |vector| {
                vector.also = vec![alternative(vec![event(4, 0)])];
            }),
            ("level must with also", |vector| vector.level = Level::Must),
            ("w adds nothing", |vector| {
                vector.also.push(alternative(vec![event(6, 1)]));
            }),
            ("v adds nothing", |vector| {
                vector.also[0].who = "v".to_owned();
                vector.also[0].expectation = vector.expect.clone();
            }),
        ];
        for (problem, break_it) in defects {
            let mut vector = right();
            break_it(&mut vector);
            assert_eq!(problems(&vector), [problem]);
        }
    }

    fn without_chunks(vector: &mut ParseVector) {
        vector.chunks = None;
        vector.also.clear();
    }
}
