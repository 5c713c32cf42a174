//! The end of a stream: what was discarded, and what the next connection starts with.

use esse_parser::{Chunk, Discarded, Limits, Parser};

fn feed(parser: &mut Parser, chunks: &[&[u8]]) {
    for bytes in chunks {
        let mut chunk = Chunk::new(bytes);
        while !matches!(parser.next_event(&mut chunk), Ok(None)) {}
    }
}

fn discarded(chunks: &[&[u8]]) -> (u64, u64, bool) {
    let mut parser = Parser::builder()
        .limits(Limits::DEFAULT.with_data(9))
        .build();
    feed(&mut parser, chunks);
    let Discarded {
        offset,
        bytes,
        data,
        ..
    } = parser.finish();
    (offset, bytes, data)
}

#[test]
fn tells_what_was_thrown_away() {
    assert_eq!(discarded(&[]), (0, 0, false));
    assert_eq!(discarded(&[b"data: a\n\n"]), (9, 0, false));
    assert_eq!(discarded(&[b"data: a\n\n", b": c"]), (9, 3, false));
    assert_eq!(discarded(&[b"data: a\n\ndata: b\n"]), (9, 8, true));
    assert_eq!(discarded(&[b"data: a\n\n", b"da", b"ta:"]), (9, 5, true));
    assert_eq!(discarded(&[b"data: a\n\n", b"da"]), (9, 2, false));
}

#[test]
fn a_bom_and_the_lf_of_a_crlf_are_no_part_of_a_block() {
    assert_eq!(discarded(&[b"\xef\xbb\xbf"]), (3, 0, false));
    assert_eq!(discarded(&[b"\xef", b"\xbb"]), (0, 2, false));
    assert_eq!(discarded(&[b"data: a\r\r", b"\n"]), (10, 0, false));
    assert_eq!(discarded(&[b"data: a\r\r\n"]), (10, 0, false));
    assert_eq!(
        discarded(&[b"data: a\r\r", b"\ndata\r", b"\n"]),
        (10, 6, true)
    );
}

#[test]
fn a_block_over_a_limit_has_no_data_left() {
    assert_eq!(discarded(&[b"data: 0123456789\ndata: x\n"]), (0, 25, false));
}

#[test]
fn the_next_connection_starts_anew_but_for_id_and_time() {
    for finish in [
        |p: &mut Parser| assert!(!p.finish().is_empty()),
        Parser::reset as fn(&mut Parser),
    ] {
        let mut parser = Parser::builder()
            .limits(Limits::DEFAULT.with_data(9))
            .build();
        feed(
            &mut parser,
            &[b"id: 7\nretry: 5\n\nid: 8\nevent: x\ndata: lost\r"],
        );
        finish(&mut parser);

        let mut chunk = Chunk::new(b"\nid\ndata: new\n\n");
        assert_eq!(
            parser.next_event(&mut chunk).unwrap().unwrap().event_type,
            "message"
        );
        assert_eq!(parser.reconnection_time().unwrap().as_millis(), 5);

        feed(&mut parser, &[b"data: 0123456789\n"]);
        finish(&mut parser);
        let mut chunk = Chunk::new(b"\xef\xbb\xbfdata: y\n\n");
        assert_eq!(parser.next_event(&mut chunk).unwrap().unwrap().data, "y");
    }
}

#[test]
fn the_id_of_a_discarded_block_is_not_the_last() {
    let mut parser = Parser::new();
    feed(&mut parser, &[b"id: 7\n\nid: 8\ndata: lost\n"]);
    parser.finish();
    assert_eq!(parser.last_event_id(), "7");
    let mut chunk = Chunk::new(b"data\n\n");
    assert_eq!(
        parser
            .next_event(&mut chunk)
            .unwrap()
            .unwrap()
            .last_event_id,
        "7"
    );
}

/// A stream may begin within a chunk, where the caller says so.
#[test]
fn a_stream_that_begins_within_a_chunk_counts_from_there() {
    let mut parser = Parser::new();
    let mut chunk = Chunk::new(b"data: a\n\n\xef\xbb\xbfdata: b");
    assert!(
        parser
            .next_event(&mut chunk)
            .is_ok_and(|event| event.is_some())
    );
    parser.reset();
    assert_eq!(parser.next_event(&mut chunk), Ok(None));
    let discarded = parser.finish();
    assert_eq!((discarded.offset, discarded.bytes), (3, 7));
}
