//! Limits apply to content and never to cuts; a block over a limit is as if it had not been there, and
//! so is a comment or an ignored line.

mod support;

use esse_parser::{Chunk, Content, LimitExceeded, LimitKind, Limits, Parser};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{chunks, cuts_of};

const SMALL: Limits = Limits::NONE
    .with_data(5)
    .with_event_type(3)
    .with_last_event_id(3)
    .with_comment(4)
    .with_ignored_line(12);

/// What a parser with limits returns, in order.
#[derive(Debug, PartialEq, Eq)]
enum Returned {
    Event(String, String, String),
    Comment(String),
    Retry(std::time::Duration),
    LastEventId(String),
    Ignored(String, String),
    Exceeded(LimitExceeded),
}

fn parse(stream: &[u8], cuts: &[usize], limits: Limits) -> (Vec<Returned>, String) {
    use esse_parser::Item::{Comment, Event, Ignored, LastEventId, ReconnectionTime};

    let mut parser = Parser::builder().limits(limits).ignored_lines(true).build();
    let mut returned = Vec::new();
    for bytes in chunks(stream, cuts) {
        let mut chunk = Chunk::new(bytes);
        while let Some(item) = parser.next_item(&mut chunk).transpose() {
            returned.push(match item {
                Ok(Event(e)) => {
                    Returned::Event(e.event_type.into(), e.data.into(), e.last_event_id.into())
                }
                Ok(Comment(text)) => Returned::Comment(text.into()),
                Ok(ReconnectionTime(time)) => Returned::Retry(time),
                Ok(LastEventId(id)) => Returned::LastEventId(id.into()),
                Ok(Ignored { name, value }) => Returned::Ignored(name.into(), value.into()),
                Ok(other) => panic!("an item that no test knows: {other:?}"),
                Err(error) => Returned::Exceeded(error),
            });
        }
    }
    (returned, parser.last_event_id().into())
}

/// The events and the limits exceeded, as `next_event` returns them.
fn events(stream: &[u8], cuts: &[usize], limits: Limits) -> Vec<Returned> {
    let mut parser = Parser::builder().limits(limits).build();
    let mut returned = Vec::new();
    for bytes in chunks(stream, cuts) {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).transpose() {
            returned.push(match event {
                Ok(e) => {
                    Returned::Event(e.event_type.into(), e.data.into(), e.last_event_id.into())
                }
                Err(error) => Returned::Exceeded(error),
            });
        }
    }
    returned
}

/// The data of the events, and the number of errors, in chunks of one size and without comments.
fn data_and_errors(stream: &[u8], size: usize, limits: Limits) -> (Vec<String>, usize) {
    let mut parser = Parser::builder().limits(limits).build();
    let (mut data, mut errors) = (Vec::new(), 0);
    for bytes in stream.chunks(size) {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).transpose() {
            match event {
                Ok(event) => data.push(event.data.to_owned()),
                Err(_) => errors += 1,
            }
        }
    }
    (data, errors)
}

#[track_caller]
fn assert_within(stream: &[u8], limits: Limits) {
    let returned = parse(stream, &[], limits).0;
    let is_error = |returned: &Returned| matches!(returned, Returned::Exceeded(_));
    assert!(!returned.iter().any(is_error), "{returned:?}");
}

/// One limit is exceeded, by the line at `offset`.
#[track_caller]
fn assert_exceeds(stream: &[u8], limits: Limits, kind: LimitKind, offset: u64, line: u64) {
    let returned = parse(stream, &[], limits).0;
    let errors = returned.iter().filter_map(|returned| match returned {
        Returned::Exceeded(error) => Some((error.kind, error.offset, error.line)),
        _ => None,
    });
    assert_eq!(errors.collect::<Vec<_>>(), [(kind, offset, line)]);
}

#[test]
fn exactly_the_limit_is_within_it() {
    let within = b"event: abc\nid: abc\n: abcd\ndata: ab\ndata: cd\n\n";
    assert_within(within, SMALL);
    let two_lines = b": x\n\ndata: abc\ndata: de\n\n";
    assert_exceeds(two_lines, SMALL, LimitKind::Data, 15, 4);
    assert_exceeds(b"event: abcd\n\n", SMALL, LimitKind::EventType, 0, 1);
    assert_exceeds(b"id: abcd\n\n", SMALL, LimitKind::LastEventId, 0, 1);
    assert_exceeds(b": abcde\n\n", SMALL, LimitKind::Comment, 0, 1);
}

#[test]
fn the_limit_counts_decoded_bytes() {
    // One U+FFFD is three bytes: two of them are over a limit of five.
    assert_exceeds(b"data: \xff\xff\n\n", SMALL, LimitKind::Data, 0, 1);
    assert_within(b"data: \xffab\n\n", SMALL);
    // Three bytes of a cut character are one U+FFFD, which is as long.
    assert_within(b"data: ab\xf0\x9f\x98\n\n", SMALL);
    assert_exceeds(b"data: a\ndata: \xffb\n\n", SMALL, LimitKind::Data, 8, 2);
}

#[test]
fn the_lf_between_lines_counts() {
    let lines = |n| [&b"data\n".repeat(n)[..], b"\n"].concat();
    assert_within(&lines(6), SMALL);
    assert_exceeds(&lines(7), SMALL, LimitKind::Data, 30, 7);
}

#[test]
fn nothing_of_an_exceeded_block_remains() {
    let stream =
        b"id: 1\n\nid: 2\nevent: a\ndata: toolong\nid: 3\nretry: 9\n: c\ndata: x\n\ndata: y\n\n";
    let (returned, last_event_id) = parse(stream, &[], SMALL);
    assert_eq!(returned[0], Returned::LastEventId("1".into()));
    assert!(matches!(returned[1], Returned::Exceeded(_)), "{returned:?}");
    let next = Returned::Event("message".into(), "y".into(), "1".into());
    assert_eq!(returned[2..], [next]);
    assert_eq!(last_event_id, "1");
}

#[test]
fn a_comment_nobody_asked_for_has_no_limit() {
    let stream = [&b":".repeat(100_000)[..], b"\ndata: x\n\n"].concat();
    assert_eq!(
        data_and_errors(&stream, 999, SMALL),
        (vec!["x".to_owned()], 0)
    );
}

#[test]
fn a_comment_or_an_ignored_line_is_lost_alone() {
    let stream = b"id: 1\n: too long\ndata: a\nignored line: a\nevent: b\n\n: too lo";
    let event = Returned::Event("b".into(), "a".into(), "1".into());
    for cuts in cuts_of(stream.len()) {
        let (returned, _) = parse(stream, &cuts, SMALL);
        let kind = |returned: &Returned| match returned {
            Returned::Exceeded(error) => Some((error.kind, error.offset, error.line)),
            _ => None,
        };
        let errors: Vec<_> = returned.iter().filter_map(kind).collect();
        let (comment, ignored) = (LimitKind::Comment, LimitKind::IgnoredLine);
        assert_eq!(
            errors,
            [(comment, 6, 2), (ignored, 25, 4), (comment, 51, 7)]
        );
        assert_eq!(
            returned
                .iter()
                .filter(|it| kind(it).is_none())
                .collect::<Vec<_>>(),
            [&event]
        );
    }
}

/// Its last character is only counted when the line ends.
#[test]
fn a_comment_that_the_end_cuts_does_not_cost_the_last_event() {
    let builder = Parser::builder().keep_last_event(true).limits(SMALL);
    let mut parser = builder.ignored_lines(true).build();
    for stream in [
        &b"data: a\n: ab\xe2\x82"[..],
        b"data: a\nab: 89abcd\xe2\x82",
    ] {
        let item = parser.next_item(&mut Chunk::new(stream));
        assert_eq!(item, Ok(None));
        assert_eq!(parser.last_event().unwrap().unwrap().data, "a");
        parser.finish();
    }
}

#[test]
fn of_an_id_with_a_nul_only_the_start_counts() {
    assert_within(b"id: abc\0defgh\ndata\n\n", SMALL);
    assert_within(b"id: \0abcdefgh\ndata\n\n", SMALL);
    assert_exceeds(b"id: abcd\0\ndata\n\n", SMALL, LimitKind::LastEventId, 0, 1);
}

fn limited_stream() -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: &[u8] = b"data: |event: |id: |: |retry: 1|a|ab|abcd|\xff|\xc3\xa9|\xe2\x82|\
        \xf0\x9f\x98\x80|\0|\n|\r|\r\n|\n\n|\n\n|data\n| ";
    const LINES: &[u8] = b"data: a\n|event: a\n|id: a\n|event: \xff\xff\n|id: \xff\xff\n|: a\n|\n";
    let split = |tokens: &'static [u8]| tokens.split(|byte| *byte == b'|').collect::<Vec<_>>();
    let tokens = prop_oneof![
        vec(select(split(TOKENS)), 0..24),
        vec(select(split(LINES)), 0..12)
    ];
    tokens.prop_map(|tokens| tokens.concat())
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

    /// Also in a block over a limit, and after it.
    #[test]
    fn what_is_unfinished_does_not_depend_on_cuts(stream in limited_stream()) {
        for reads_items in [false, true] {
            let unfinished = |cuts: &[usize]| {
                let mut parser = Parser::builder().limits(SMALL).ignored_lines(true).build();
                for bytes in chunks(&stream, cuts) {
                    let mut chunk = Chunk::new(bytes);
                    if reads_items {
                        while !matches!(parser.next_item(&mut chunk), Ok(None)) {}
                    } else {
                        while !matches!(parser.next_event(&mut chunk), Ok(None)) {}
                    }
                }
                parser.finish()
            };
            let whole = unfinished(&[]);
            prop_assert!(whole.bytes > 0 || whole.content == Content::Nothing, "{:?}", whole);
            for cuts in cuts_of(stream.len()) {
                prop_assert_eq!(unfinished(&cuts), whole, "cut at {:?}", cuts);
            }
        }
    }

    /// `next_event` returns the events among the items, and the same errors, but for those of
    /// comments and ignored lines.
    #[test]
    fn events_are_those_among_the_items(stream in limited_stream()) {
        let mut expected = parse(&stream, &[], SMALL).0;
        expected.retain(|item| match item {
            Returned::Event(..) => true,
            Returned::Exceeded(error) => error.kind.discards_block(),
            _ => false,
        });
        for cuts in cuts_of(stream.len()) {
            assert_eq!(events(&stream, &cuts, SMALL), expected, "cut at {cuts:?}");
        }
    }

    /// Blocks within the limits around one that is not: that one alone is missing.
    #[test]
    fn only_the_exceeded_block_is_missing(before in limited_stream(), after in limited_stream()) {
        let ended = |stream: &[u8]| [stream, b"\n\n"].concat();
        let exceeding = b"data: too long\nid: 9\nevent: abcdef\n\n".to_vec();
        let whole = [ended(&before), exceeding, ended(&after)];
        let mut without = parse(&[ended(&before), ended(&after)].concat(), &[], SMALL);
        let mut with = parse(&whole.concat(), &[], SMALL);
        for (returned, _) in [&mut with, &mut without] {
            returned.retain(|returned| !matches!(returned, Returned::Exceeded(_)));
        }
        // A BOM is only one at the very start, and `before` never contains one.
        prop_assert_eq!(with, without);
    }
}

/// Each line counts, at every cut, even if a later one replaces its value.
#[test]
fn a_value_that_a_later_one_replaces_counts_too() {
    // Two invalid bytes are six decoded ones.
    for (field, value) in [
        ("event", &b"12345"[..]),
        ("id", b"12345"),
        ("event", b"\xff\xff"),
        ("id", b"\xff\xff"),
    ] {
        let name = field.as_bytes();
        let first = [name, b": ", value, b"\n"].concat();
        let stream = [&first[..], name, b": 1\ndata: x\n\ndata: y\n\n"].concat();
        for size in [1, 7, stream.len()] {
            let limits = Limits::NONE.with_event_type(4).with_last_event_id(4);
            let counted = data_and_errors(&stream, size, limits);
            assert_eq!(counted, (vec!["y".to_owned()], 1), "{field}, {size}");
        }
    }
}

/// Two lines of data of every short length, every small limit, chunks of every small size.
#[test]
fn lines_of_data_count_together() {
    for (space, second) in [("", 0), (" ", 0), ("", 1), (" ", 2), (" ", 6)] {
        let stream = format!("data: ab\ndata:{space}{}\n\n", "y".repeat(second));
        for limit in 0..12 {
            let fits = "ab\n".len() + second <= limit;
            for size in 1..=stream.len() {
                let limits = Limits::NONE.with_data(limit);
                let (data, errors) = data_and_errors(stream.as_bytes(), size, limits);
                let expected = (usize::from(fits), usize::from(!fits));
                assert_eq!(
                    (data.len(), errors),
                    expected,
                    "{stream:?}, {limit}, {size}"
                );
            }
        }
    }
}

#[test]
fn the_lines_of_blocks_before_count() {
    for blocks in [
        "data: x\n\n",
        "event: a\ndata: x\nid: 1\n\n",
        "data: x\r\ndata: y\r\n\r\n",
    ] {
        let stream = format!("{blocks}{blocks}data: 12345678\n\n");
        let line = 2 * blocks.matches('\n').count() as u64 + 1;
        let (limits, offset) = (Limits::NONE.with_data(4), 2 * blocks.len() as u64);
        assert_exceeds(stream.as_bytes(), limits, LimitKind::Data, offset, line);
    }
}
