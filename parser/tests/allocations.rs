//! Allocations are counted: none for borrowed events in the steady state, and huge buffers are
//! given back.

#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use esse_parser::{Chunk, Limits, Parser};

fn parse(parser: &mut Parser, stream: &[u8], chunk_size: usize) -> usize {
    let mut events = 0;
    for bytes in stream.chunks(chunk_size) {
        let mut chunk = Chunk::new(bytes);
        while parser.next_event(&mut chunk).unwrap().is_some() {
            events += 1;
        }
    }
    events
}

/// A second pass over the stream allocates nothing, whatever the cut.
fn assert_steady(stream: &[u8]) {
    for chunk_size in [1, 16, 1460, 65536] {
        let mut parser = Parser::new();
        let first = parse(&mut parser, stream, chunk_size);
        let mut second = 0;
        let counted = measure(|| second = parse(&mut parser, stream, chunk_size));
        assert_eq!(first, second);
        assert!(second >= 1000);
        assert_eq!(counted.count_total, 0, "in chunks of {chunk_size}");
    }
}

#[test]
fn one_line_blocks_allocate_nothing() {
    for end in ["\n", "\r\n", "\r"] {
        let block = format!("event: add{end}id: 42{end}data: {{\"token\":\"x\"}}{end}{end}");
        assert_steady(block.repeat(1000).as_bytes());
    }
}

#[test]
fn other_blocks_reuse_their_buffers() {
    let lines = "data: a\ndata: b\n: c\ndata: \u{e9}\n\n";
    assert_steady(&lines.as_bytes().repeat(1000));
    assert_steady(&b"event: \xff\nid: \xff\ndata: \xff\n\n".repeat(1000));
}

#[test]
fn blocks_that_all_are_large_reuse_their_buffers() {
    let large = "x".repeat(200 << 10);
    for field in ["data", "event", "id"] {
        let block = format!("{field}: {large}\ndata\n\n");
        let mut parser = Parser::builder().limits(Limits::NONE).build();
        let mut parse_some = || {
            for _ in 0..4 {
                parse(&mut parser, block.as_bytes(), 1460);
            }
        };
        parse_some();
        assert_eq!(measure(parse_some).count_total, 0, "{field}");
    }
}

#[test]
fn what_a_huge_event_took_is_given_back() {
    let huge = [&b"data: "[..], &vec![b'x'; 1 << 20], b"\n\n"].concat();
    let mut parser = Parser::new();
    let counted = measure(|| {
        parse(&mut parser, &huge, 1460);
        parse(&mut parser, b"data: small\n\n", 64);
    });
    assert!(counted.bytes_max >= 1 << 20);
    assert!(counted.bytes_current <= 64 << 10, "{counted:?}");
}

/// Each of the buffers is given back when it is used again.
#[test]
fn what_a_huge_id_or_type_took_is_given_back() {
    for field in ["event", "id"] {
        let huge = format!("{field}: {}\ndata\n\n", "x".repeat(1 << 20));
        let mut parser = Parser::builder().limits(Limits::NONE).build();
        let counted = measure(|| {
            parse(&mut parser, huge.as_bytes(), 1460);
            for _ in 0..4 {
                parse(&mut parser, b"event: e\nid: 7\ndata\n\n", 1);
            }
        });
        assert!(counted.bytes_max >= 1 << 20);
        assert!(counted.bytes_current <= 3 * (64 << 10), "{counted:?}");
    }
}

#[test]
fn what_nobody_asked_for_takes_no_memory() {
    let lines: [&[u8]; 6] = [
        b":",
        b"unknown",
        b"unknown:",
        b"retry:",
        b"id: \0",
        b"\xef\xbb",
    ];
    for line in lines {
        let mut parser = Parser::builder().limits(Limits::NONE).build();
        let counted = measure(|| {
            parse(&mut parser, line, 1);
            for _ in 0..1000 {
                parse(&mut parser, &[b'1'; 1024], 999);
            }
        });
        assert_eq!(counted.bytes_max, 0, "{line:?}");
    }
}

/// Its bytes are kept up to 4 KiB, in a buffer that doubles. A longer block takes no more.
#[test]
fn a_cut_block_takes_at_most_eight_kibibytes() {
    let comment = [&b":"[..], &[b'x'; 10_000]].concat();
    for chunk_size in [1, 7, 100, 1000, 1460] {
        let mut parser = Parser::new();
        parse(&mut parser, b"\n", 1);
        let mut parse_some = || {
            for _ in 0..4 {
                parse(&mut parser, &comment, chunk_size);
                parse(&mut parser, b"\n\n", 2);
            }
        };
        let first = measure(&mut parse_some);
        assert!(first.count_total > 0, "in chunks of {chunk_size}");
        assert!(first.bytes_current <= (8 << 10) + 128, "{first:?}");
        assert_eq!(measure(parse_some).count_total, 0);
    }
}

#[test]
fn a_discarded_block_takes_no_memory() {
    let limits = Limits::DEFAULT.with_data(10);
    let mut parser = Parser::builder().limits(limits).build();
    let too_long = parser.next_event(&mut Chunk::new(b"data: 12345678901"));
    assert!(too_long.is_err());
    let counted = measure(|| {
        for _ in 0..1000 {
            parse(&mut parser, b"\nevent: a\ndata: 0123456789\nid: 1\nda", 7);
        }
    });
    assert_eq!(counted.bytes_max, 0);
}

#[test]
fn an_owned_event_is_one_allocation_for_each_value() {
    let blocks = [
        ("data\n\n", 0),
        ("data: x\n\n", 1),
        ("event: message\ndata: x\n\n", 1),
        ("event: add\ndata: x\ndata: y\n\n", 2),
        ("event: add\ndata: x\nid: 7\n\n", 3),
    ];
    for (block, values) in blocks {
        let mut parser = Parser::new();
        let mut chunk = Chunk::new(block.as_bytes());
        let event = parser.next_event(&mut chunk).unwrap().unwrap();
        let counted = measure(|| drop(event.into_owned()));
        assert_eq!(counted.count_total, values, "{block:?}");
    }
}
