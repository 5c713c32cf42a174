//! The reference against the prose of the standard: its examples, and what it only implies.

#![cfg(feature = "reference")]
#![allow(clippy::unwrap_used)]

use esse_parser::reference::{Event, Interpretation, interpret, interpret_from};

/// Type, data, last event ID and `after_byte` of each event.
fn events(stream: &[u8]) -> Vec<(String, String, String, usize)> {
    let row = |e: Event| (e.event_type, e.data, e.last_event_id, e.after_byte);
    interpret(stream).events.into_iter().map(row).collect()
}

/// The data of each event.
fn data(stream: &[u8]) -> Vec<String> {
    events(stream).into_iter().map(|event| event.1).collect()
}

/// How many bytes must have arrived for each event to be dispatched.
fn after_bytes(stream: &[u8]) -> Vec<usize> {
    events(stream).into_iter().map(|event| event.3).collect()
}

mod examples_of_the_standard {
    use super::*;

    #[test]
    fn introduction_three_messages() {
        let stream = b"data: This is the first message.\n\n\
            data: This is the second message, it\ndata: has two lines.\n\n\
            data: This is the third message.\n\n";
        let [first, second, third] = data(stream).try_into().unwrap();
        assert_eq!(first, "This is the first message.");
        assert_eq!(second, "This is the second message, it\nhas two lines.");
        assert_eq!(third, "This is the third message.");
    }

    #[test]
    fn introduction_event_types() {
        let stream = b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n\
            event: add\ndata: 113411\n\n";
        let expected = [
            ("add", "73857293", 27),
            ("remove", "2153", 53),
            ("add", "113411", 78),
        ];
        let expected = expected.map(|(t, d, at)| (t.into(), d.into(), String::new(), at));
        assert_eq!(events(stream), expected);
    }

    #[test]
    fn stock_ticker() {
        let stream = b"data: YHOO\ndata: +2\ndata: 10\n\n";
        assert_eq!(data(stream), ["YHOO\n+2\n10"]);
    }

    /// A comment alone fires nothing, a bare `id` resets the ID, one space goes and the second
    /// stays, and the last block needs its blank line.
    #[test]
    fn four_blocks() {
        let stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n\
            data:  third event\n\n";
        let rows: Vec<_> = events(stream).into_iter().map(|e| (e.1, e.2)).collect();
        let expected = [
            ("first event", "1"),
            ("second event", ""),
            (" third event", ""),
        ];
        assert_eq!(rows, expected.map(|(d, id)| (d.into(), id.into())));
        assert_eq!(interpret(stream).comments, ["test stream"]);
        assert_eq!(data(&stream[..stream.len() - 1]).len(), 2);
    }

    #[test]
    fn bare_data_fires_two_events_and_the_last_block_is_discarded() {
        assert_eq!(data(b"data\n\ndata\ndata\n\ndata:\n"), ["", "\n"]);
        assert_eq!(data(b"data\n\ndata\ndata\n\ndata:\n\n"), ["", "\n", ""]);
    }

    #[test]
    fn the_space_after_the_colon_is_ignored() {
        assert_eq!(data(b"data:test\n\ndata: test\n\n"), ["test", "test"]);
    }
}

#[test]
fn an_event_is_out_with_the_first_character_of_its_blank_line() {
    assert_eq!(after_bytes(b"data: x\n\n"), [9]);
    assert_eq!(after_bytes(b"data: x\r\r"), [9]);
    assert_eq!(after_bytes(b"data: x\r\n\r\n"), [10]);
    assert_eq!(after_bytes(b"data: x\r\n\r"), [10]);
    assert_eq!(after_bytes(b"data: x\n\r\ndata\r\n\n\n"), [9, 17]);
}

#[test]
fn after_byte_counts_bytes_of_the_stream_not_of_the_text() {
    assert_eq!(after_bytes("data: \u{20AC}\n\n".as_bytes()), [11]);
    assert_eq!(after_bytes(b"data: \xFF\xE2\x82\n\n"), [11]);
    assert_eq!(after_bytes(b"\xEF\xBB\xBFdata: x\n\n"), [12]);
}

#[test]
fn one_bom_is_stripped_and_only_in_front() {
    for line_end in ["\n", "\r", "\r\n"] {
        let stream = format!("\u{FEFF}{line_end}data: x\n\n");
        assert_eq!(data(stream.as_bytes()), ["x"], "{line_end:?}");
    }
    assert_eq!(interpret("\u{FEFF}".as_bytes()), Interpretation::default());
    assert_eq!(data("\u{FEFF}\u{FEFF}data: x\n\n".as_bytes()), [""; 0]);
    assert_eq!(data("\n\u{FEFF}data: x\n\n".as_bytes()), [""; 0]);
    assert_eq!(data("data:\u{FEFF}x\n\n".as_bytes()), ["\u{FEFF}x"]);
    assert_eq!(data(b"\xEF\xBBdata: x\n\n"), [""; 0]);
    assert_eq!(data(b"\xFF\xFEdata: x\n\ndata: y\n\n"), ["y"]);
}

#[test]
fn an_id_with_nul_is_ignored_and_the_old_one_stays() {
    for id in ["\u{0}", "\u{0}2", "2\u{0}", "2\u{0}3"] {
        let interpretation = interpret(format!("id: 1\nid: {id}\ndata: x\n\n").as_bytes());
        assert_eq!(interpretation.events[0].last_event_id, "1", "{id:?}");
    }
    let invalid = interpret(b"id: \xC0\x80\n\n");
    assert_eq!(invalid.last_event_id, "\u{FFFD}\u{FFFD}");
    assert_eq!(data(b"data: \0\ndata: a\0b\n\n"), ["\0\na\0b"]);
}

#[test]
fn the_blank_line_commits_the_id() {
    assert_eq!(interpret(b"id: 1\n\n").last_event_id, "1");
    assert_eq!(interpret(b"id: 1\n\nid: 2\ndata: x\n").last_event_id, "1");
    assert_eq!(interpret_from(b"", "7").last_event_id, "7");
    assert_eq!(interpret_from(b"\n", "7").last_event_id, "7");
    assert_eq!(interpret_from(b"id\n", "7").last_event_id, "7");
    assert_eq!(interpret_from(b"id\n\n", "7").last_event_id, "");
}

#[test]
fn the_type_is_forgotten_with_every_block() {
    let types = |stream| events(stream).into_iter().map(|e| e.0).collect::<Vec<_>>();
    assert_eq!(types(b"event: a\n\ndata: x\n\n"), ["message"]);
    assert_eq!(types(b"event: a\ndata: x\n\ndata: x\n\n"), ["a", "message"]);
    assert_eq!(types(b"event: a\nevent\ndata: x\n\n"), ["message"]);
    assert_eq!(types(b"event:  \ndata: x\n\n"), [" "]);
}

#[test]
fn retry_takes_ascii_digits_only_and_saturates() {
    let retry = |value: &str| interpret(format!("retry:{value}\n").as_bytes()).reconnection_time;
    assert_eq!(retry("0"), Some(0));
    assert_eq!(retry(" 00012345678910"), Some(12_345_678_910));
    assert_eq!(retry("18446744073709551614"), Some(u64::MAX - 1));
    assert_eq!(retry("18446744073709551616"), Some(u64::MAX));
    assert_eq!(retry(&"8".repeat(1000)), Some(u64::MAX));
    for value in [
        "", " ", "1 ", "  1", "\t1", "+1", "-1", "1.5", "1e3", "0x10", "1\0", "\u{661}",
    ] {
        assert_eq!(retry(value), None, "{value:?}");
    }
    assert_eq!(retry(" 1\nretry\nretry: x"), Some(1));
    assert_eq!(interpret(b"retry: 1").reconnection_time, None);
}

#[test]
fn names_are_literal() {
    let stream = " data: 1\ndata : 2\nData: 3\nd\u{430}ta: 4\ndata\u{FF1A} 5\nDATA: 6\n\n";
    assert_eq!(interpret(stream.as_bytes()), Interpretation::default());
}

#[test]
fn comments_lose_one_space_and_count_without_a_blank_line() {
    let stream = b":\n: \n: a\r:  b\r\n::c\n: not whole";
    assert_eq!(interpret(stream).comments, ["", "", "a", " b", ":c"]);
}

/// U+2028, U+0085, VT and the like end no line, in a name, a value or a comment.
#[test]
fn only_cr_and_lf_end_lines() {
    let characters = ('\0'..=char::MAX).filter(|c| !"\r\n".contains(*c));
    let value: String = characters.collect();
    let stream = format!("{}\n:{value}\ndata:{value}\n\n", value.replace(':', ""));
    assert!(data(stream.as_bytes()) == [value.as_str()]);
    assert!(interpret(stream.as_bytes()).comments == [value]);
}

/// The prose of 9.2.6 reads lines, and the ABNF of 9.2.5 derives events. Both must agree.
#[test]
fn the_grammar_finds_the_lines_of_the_prose() {
    const TOKENS: [&str; 7] = ["\r", "\n", ":", " ", "data", "x", "\u{FEFF}"];
    for length in 0..=5 {
        for number in 0..TOKENS.len().pow(length) {
            let token = |place| TOKENS[number / TOKENS.len().pow(place) % TOKENS.len()];
            let stream: String = (0..length).map(token).collect();
            let interpretation = interpret(stream.as_bytes());
            let events = interpretation.events.into_iter().map(|e| e.data).collect();
            let found = (events, interpretation.comments);
            assert_eq!(found, read_line_by_line(&stream), "{stream:?}");
        }
    }
}

/// The data of the events, and the comments, read as in the prose.
fn read_line_by_line(stream: &str) -> (Vec<String>, Vec<String>) {
    let (mut events, mut comments, mut data) = (Vec::new(), Vec::new(), String::new());
    let text = stream.strip_prefix('\u{FEFF}').unwrap_or(stream);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let whole_lines = text.matches('\n').count();
    for line in text.split('\n').take(whole_lines) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (line, name) {
            ("", _) => {
                let data = core::mem::take(&mut data);
                events.extend(data.strip_suffix('\n').map(str::to_owned));
            }
            (_, "") => comments.push(value.to_owned()),
            (_, "data") => data.extend([value, "\n"]),
            _ => {}
        }
    }
    (events, comments)
}

/// Long lines and many lines take linear time and no recursion. Quadratic work on 1 MiB would not
/// end, and a recursion 100,000 deep would overflow the stack.
#[test]
fn large_streams() {
    let long = "x".repeat(1 << 20);
    let line = format!("data: {long}");
    assert_eq!(data(format!("{line}\n\n").as_bytes()), [long]);
    assert_eq!(data(line.as_bytes()), [""; 0]);
    let lines = b"data\n".repeat(100_000);
    assert_eq!(data(&lines), [""; 0]);
    assert_eq!(data(&[&lines[..], b"\n"].concat())[0].len(), 99_999);
    assert_eq!(data(&b"data\n\n".repeat(100_000)).len(), 100_000);
    assert_eq!(interpret(&b"\r".repeat(1 << 20)), Interpretation::default());
}
