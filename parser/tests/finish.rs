//! The end of a stream: what was discarded, and what the next connection starts with.
#![allow(clippy::unwrap_used)]

use esse_parser::{Chunk, Content, Limits, Parser};

/// A parser with a limit of nine bytes of data.
fn parser() -> Parser {
    let limits = Limits::DEFAULT.with_data(9);
    Parser::builder().limits(limits).build()
}

fn feed(parser: &mut Parser, chunks: &[&[u8]]) {
    for bytes in chunks {
        let mut chunk = Chunk::new(bytes);
        while !matches!(parser.next_event(&mut chunk), Ok(None)) {}
    }
}

#[track_caller]
fn assert_discarded(chunks: &[&[u8]], expected: (u64, u64, bool)) {
    let mut parser = parser();
    feed(&mut parser, chunks);
    let discarded = parser.finish();
    let (offset, bytes, had_data) = expected;
    assert_eq!((discarded.offset, discarded.bytes), (offset, bytes));
    assert_eq!(discarded.had_data(), had_data);
    assert_eq!(discarded.is_empty(), bytes == 0);
}

#[test]
fn the_unfinished_block_is_discarded() {
    assert_discarded(&[], (0, 0, false));
    assert_discarded(&[b"data: a\n\n"], (9, 0, false));
    assert_discarded(&[b"data: x\n\n:"], (9, 1, false));
    assert_discarded(&[b"data: a\n\n", b": c"], (9, 3, false));
    assert_discarded(&[b"data: a\n\ndata: b\n"], (9, 8, true));
    assert_discarded(&[b"data: a\n\n", b"da", b"ta:"], (9, 5, true));
    assert_discarded(&[b"data: a\n\n", b"da"], (9, 2, false));
}

/// How a stream can end, whole and byte by byte.
#[test]
fn what_was_discarded_is_told_apart() {
    for (end, content, is_line_cut) in [
        ("", Content::Nothing, false),
        (":", Content::Comments, true),
        (": c\n", Content::Comments, false),
        (": c\nretry", Content::Fields, true),
        ("event: content_block_delta\n", Content::Fields, false),
        ("dat", Content::Fields, true),
        ("x: y\n:", Content::Fields, true),
        ("id: a\0b\n", Content::Fields, false),
        ("data", Content::Fields, true),
        ("data:", Content::Data, true),
        ("data: b\n", Content::Data, false),
        ("data: b\nda", Content::Data, true),
    ] {
        let stream = format!("data: a\n\n{end}");
        for size in [1, stream.len()] {
            let mut parser = parser();
            feed(
                &mut parser,
                &stream.as_bytes().chunks(size).collect::<Vec<_>>(),
            );
            let unfinished = parser.unfinished();
            assert_eq!(
                (unfinished.content, unfinished.is_line_cut),
                (content, is_line_cut),
                "{end:?}"
            );
            assert_eq!(parser.finish(), unfinished);
            assert!(parser.unfinished().is_empty());
        }
    }
}

/// An event's own ID, apart from an inherited one.
#[test]
fn an_event_knows_if_the_id_is_its_own() {
    let stream = b"data: a\n\nid: 1\ndata: b\n\ndata: c\n\nid\ndata: d\n\nid: 2\n\ndata: e\n\nid: \0\ndata: f\n\n";
    let expected = [None, Some("1"), None, Some(""), None, None];
    for size in [1, 7, stream.len()] {
        let (mut parser, mut ids) = (Parser::new(), Vec::new());
        for bytes in stream.chunks(size) {
            let mut chunk = Chunk::new(bytes);
            while let Some(event) = parser.next_event(&mut chunk).unwrap() {
                assert!(event.id().is_none_or(|id| id == event.last_event_id));
                ids.push(event.id().map(str::to_owned));
            }
        }
        assert!(ids.iter().map(Option::as_deref).eq(expected), "{ids:?}");
    }
}

#[test]
fn a_bom_and_the_lf_of_a_crlf_are_not_part_of_a_block() {
    assert_discarded(&[b"\xef\xbb\xbf"], (3, 0, false));
    assert_discarded(&[b"\xef", b"\xbb"], (0, 2, false));
    assert_discarded(&[b"data: a\r\r", b"\n"], (10, 0, false));
    assert_discarded(&[b"data: a\r\r\n"], (10, 0, false));
    assert_discarded(&[b"data: a\r\r", b"\ndata\r", b"\n"], (10, 6, true));
}

#[test]
fn a_block_over_a_limit_has_no_data_left() {
    assert_discarded(&[b"data: 0123456789\ndata: x\n"], (0, 25, false));
}

#[test]
fn the_next_connection_starts_anew_but_for_id_and_time() {
    let mut parser = parser();
    let first = b"id: 7\nretry: 5\n\nid: 8\nevent: x\ndata: lost\r";
    feed(&mut parser, &[first]);
    assert!(!parser.finish().is_empty());
    assert_eq!(parser.last_event_id(), "7");

    let mut chunk = Chunk::new(b"\ndata: new\n\n");
    let event = parser.next_event(&mut chunk).unwrap().unwrap();
    assert_eq!((event.event_type, event.data), ("message", "new"));
    assert_eq!(event.last_event_id, "7");
    assert_eq!(parser.reconnection_time().unwrap().as_millis(), 5);

    feed(&mut parser, &[b"data: 0123456789\n"]);
    parser.finish();
    let mut chunk = Chunk::new(b"\xef\xbb\xbfid\ndata: y\n\n");
    let event = parser.next_event(&mut chunk).unwrap().unwrap();
    assert_eq!((event.data, event.last_event_id), ("y", ""));
}

/// A stream may begin inside a chunk if the caller says so.
#[test]
fn a_stream_that_begins_within_a_chunk_counts_from_there() {
    let mut parser = Parser::new();
    let mut chunk = Chunk::new(b"data: a\n\n\xef\xbb\xbfdata: b");
    assert!(parser.next_event(&mut chunk).unwrap().is_some());
    parser.finish();
    assert_eq!(parser.next_event(&mut chunk), Ok(None));
    let discarded = parser.finish();
    assert_eq!((discarded.offset, discarded.bytes), (3, 7));
}
