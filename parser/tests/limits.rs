//! Limits are on content and never on cuts; an exceeded block is as if it had not been there.

mod support;

use esse_parser::{Chunk, LimitExceeded, LimitKind, Limits, Parser};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{chunks, cuts_of};

const SMALL: Limits = Limits::NONE
    .with_data(5)
    .with_event_type(3)
    .with_last_event_id(3)
    .with_comment(4);

/// What a parser with limits says: each event's fields, each comment, each error, in order.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Event(String, String, String),
    Comment(String),
    Retry(std::time::Duration),
    Exceeded(LimitExceeded),
}

fn parse(stream: &[u8], cuts: &[usize], limits: Limits) -> (Vec<Said>, String) {
    use esse_parser::Item::{Comment, Event, ReconnectionTime};

    let mut parser = Parser::builder().limits(limits).build();
    let mut said = Vec::new();
    for bytes in chunks(stream, cuts) {
        let mut chunk = Chunk::new(bytes);
        while let Some(item) = parser.next_item(&mut chunk).transpose() {
            said.push(match item {
                Ok(Event(e)) => {
                    Said::Event(e.event_type.into(), e.data.into(), e.last_event_id.into())
                }
                Ok(Comment(text)) => Said::Comment(text.into()),
                Ok(ReconnectionTime(time)) => Said::Retry(time),
                Ok(other) => panic!("an item that no test knows: {other:?}"),
                Err(error) => Said::Exceeded(error),
            });
        }
    }
    (said, parser.last_event_id().into())
}

fn exceeded(stream: &[u8], limits: Limits) -> Vec<(LimitKind, u64, u64)> {
    let said = parse(stream, &[], limits).0;
    said.iter()
        .filter_map(|said| match said {
            Said::Exceeded(error) => Some((error.kind, error.offset, error.line)),
            _ => None,
        })
        .collect()
}

#[test]
fn exactly_the_limit_is_within_it() {
    let within = b"event: abc\nid: abc\n: abcd\ndata: ab\ndata: cd\n\n";
    assert_eq!(exceeded(within, SMALL), []);
    assert_eq!(
        exceeded(b": x\n\ndata: abc\ndata: de\n\n", SMALL),
        [(LimitKind::Data, 15, 4)]
    );
    assert_eq!(
        exceeded(b"event: abcd\n\n", SMALL),
        [(LimitKind::EventType, 0, 1)]
    );
    assert_eq!(
        exceeded(b"id: abcd\n\n", SMALL),
        [(LimitKind::LastEventId, 0, 1)]
    );
    assert_eq!(
        exceeded(b": abcde\n\n", SMALL),
        [(LimitKind::Comment, 0, 1)]
    );
}

#[test]
fn the_limit_counts_decoded_bytes() {
    // One U+FFFD is three bytes: two of them are over a limit of five.
    assert_eq!(
        exceeded(b"data: \xff\xff\n\n", SMALL),
        [(LimitKind::Data, 0, 1)]
    );
    assert_eq!(exceeded(b"data: \xffab\n\n", SMALL), []);
    // Three bytes cut off a character are one U+FFFD, as long as they were.
    assert_eq!(exceeded(b"data: ab\xf0\x9f\x98\n\n", SMALL), []);
    assert_eq!(
        exceeded(b"data: a\ndata: \xffb\n\n", SMALL),
        [(LimitKind::Data, 8, 2)]
    );
}

#[test]
fn the_lf_between_lines_counts() {
    assert_eq!(
        exceeded(b"data\ndata\ndata\ndata\ndata\ndata\n\n", SMALL),
        []
    );
    let seven = b"data\ndata\ndata\ndata\ndata\ndata\ndata\n\n";
    assert_eq!(exceeded(seven, SMALL), [(LimitKind::Data, 30, 7)]);
}

#[test]
fn nothing_of_an_exceeded_block_remains() {
    let stream =
        b"id: 1\n\nid: 2\nevent: a\ndata: toolong\nid: 3\nretry: 9\n: c\ndata: x\n\ndata: y\n\n";
    let (said, last_event_id) = parse(stream, &[], SMALL);
    assert!(matches!(said[0], Said::Exceeded(_)), "{said:?}");
    assert_eq!(
        said[1..],
        [Said::Event("message".into(), "y".into(), "1".into())]
    );
    assert_eq!(last_event_id, "1");
}

#[test]
fn a_comment_nobody_asked_for_has_no_limit() {
    let mut parser = Parser::builder().limits(SMALL).build();
    let stream = [&b":".repeat(100_000)[..], b"\ndata: x\n\n"].concat();
    let mut seen = 0;
    for bytes in stream.chunks(999) {
        let mut chunk = Chunk::new(bytes);
        while parser.next_event(&mut chunk).unwrap().is_some() {
            seen += 1;
        }
    }
    assert_eq!(seen, 1);
}

#[test]
fn of_an_id_with_a_nul_only_the_start_counts() {
    for stream in [
        &b"id: abc\0defgh\ndata\n\n"[..],
        b"id: \0abcdefgh\ndata\n\n",
    ] {
        assert_eq!(exceeded(stream, SMALL), [], "{stream:?}");
    }
    assert_eq!(
        exceeded(b"id: abcd\0\ndata\n\n", SMALL),
        [(LimitKind::LastEventId, 0, 1)]
    );
}

fn limited_stream() -> impl Strategy<Value = Vec<u8>> {
    let tokens: &[&[u8]] = &[
        b"data: ",
        b"event: ",
        b"id: ",
        b": ",
        b"retry: 1",
        b"a",
        b"ab",
        b"abcd",
        b"\xff",
        b"\xc3\xa9",
        b"\xe2\x82",
        b"\xf0\x9f\x98\x80",
        b"\0",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\n\n",
        b"data\n",
        b" ",
    ];
    vec(select(tokens), 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn limits_do_not_depend_on_cuts(stream in limited_stream()) {
        let whole = parse(&stream, &[], SMALL);
        for cuts in cuts_of(stream.len()) {
            assert_eq!(parse(&stream, &cuts, SMALL), whole, "cut at {cuts:?}");
        }
    }

    /// Blocks within the limits around one that is not: that one alone is missing.
    #[test]
    fn only_the_exceeded_block_is_missing(before in limited_stream(), after in limited_stream()) {
        let ended = |stream: &[u8]| [stream, b"\n\n"].concat();
        let whole = [ended(&before), b"data: too long\nid: 9\nevent: abcdef\n\n".to_vec(), ended(&after)];
        let mut without = parse(&[ended(&before), ended(&after)].concat(), &[], SMALL);
        let mut with = parse(&whole.concat(), &[], SMALL);
        strip_errors(&mut without.0);
        strip_errors(&mut with.0);
        // A BOM is only one at the very start, and `before` never holds one.
        prop_assert_eq!(with, without);
    }
}

fn strip_errors(said: &mut Vec<Said>) {
    said.retain(|said| !matches!(said, Said::Exceeded(_)));
}

/// Whatever becomes of the value: each line is held against the limit, at every cut.
#[test]
fn a_value_that_a_later_one_replaces_counts_too() {
    for field in ["event", "id"] {
        let stream = format!("data\n\n{field}: 12345\n{field}: 1\ndata: x\n\ndata: y\n\n");
        for size in [1, 7, stream.len()] {
            let limits = Limits::NONE.with_event_type(4).with_last_event_id(4);
            let mut parser = Parser::builder().limits(limits).build();
            let (mut errors, mut data) = (0, vec![]);
            for bytes in stream.as_bytes().chunks(size) {
                let mut chunk = Chunk::new(bytes);
                loop {
                    match parser.next_event(&mut chunk) {
                        Ok(Some(event)) => data.push(event.data.to_owned()),
                        Ok(None) => break,
                        Err(_) => errors += 1,
                    }
                }
            }
            assert_eq!(
                (errors, data),
                (1, vec![String::new(), "y".to_owned()]),
                "{field}, {size}"
            );
        }
    }
}

/// Two lines of data of every short length, against every small limit, in chunks of every small size.
#[test]
fn lines_of_data_are_held_against_the_limit_together() {
    for (space, second) in [("", 0), (" ", 0), ("", 1), (" ", 2), (" ", 6)] {
        let stream = format!("data: ab\ndata:{space}{}\n\n", "y".repeat(second));
        for limit in 0..12 {
            let fits = "ab\n".len() + second <= limit;
            for size in 1..=stream.len() {
                let counted = events_and_errors(&stream, size, Limits::NONE.with_data(limit));
                let expected = (usize::from(fits), usize::from(!fits));
                assert_eq!(counted, expected, "{stream:?}, {limit}, {size}");
            }
        }
    }
}

fn events_and_errors(stream: &str, size: usize, limits: Limits) -> (usize, usize) {
    let mut parser = Parser::builder().limits(limits).build();
    let mut counted = (0, 0);
    for bytes in stream.as_bytes().chunks(size) {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).transpose() {
            match event {
                Ok(_) => counted.0 += 1,
                Err(_) => counted.1 += 1,
            }
        }
    }
    counted
}

#[test]
fn the_lines_of_blocks_before_count() {
    for blocks in [
        "data: x\n\n",
        "event: a\ndata: x\nid: 1\n\n",
        "data: x\r\ndata: y\r\n\r\n",
    ] {
        let stream = format!("{blocks}{blocks}data: 12345678\n\n");
        let lines = 2 * blocks.matches('\n').count() as u64 + 1;
        let limits = Limits::NONE.with_data(4);
        let offset = 2 * blocks.len() as u64;
        assert_eq!(
            exceeded(stream.as_bytes(), limits),
            [(LimitKind::Data, offset, lines)]
        );
    }
}
