//! The public record of faults in other implementations, one test for each class. `SECURITY.md`
//! names the advisories. What is counted is bytes and allocations, never time.

use std::time::Duration;

use allocation_counter::measure;
use esse_conformance::subject;
use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};
use esse_fuzz::{adapters, differential, memory_bound};
use esse_parser::reference::{Event, interpret};
use esse_parser::{Chunk, LimitExceeded, Limits, Parser};
use esse_testkit::with_lf;

/// Line breaks, and what is forged after them.
const ATTACKS: [&str; 6] = [
    "x\ndata: forged",
    "x\rdata: forged",
    "x\r\nid: forged",
    "x\n\ndata: forged\n\n",
    "x\r\rdata: forged\r\r",
    "\n",
];

fn read(block: &Block<'_>) -> Vec<Event> {
    interpret(&block.to_frame().to_bytes()).events
}

/// All of the events and errors of the chunks, as counts.
fn feed<'c>(
    parser: &mut Parser,
    chunks: impl Iterator<Item = &'c [u8]>,
) -> (usize, Vec<LimitExceeded>) {
    let (mut events, mut errors) = (0, Vec::new());
    for bytes in chunks {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).transpose() {
            match event {
                Ok(_) => events += 1,
                Err(error) => errors.push(error),
            }
        }
    }
    (events, errors)
}

fn is_line_break<T>(made: &Result<T, InvalidField>) -> bool {
    matches!(made, Err(InvalidField::LineBreak { .. }))
}

#[test]
fn cr_or_lf_in_event() {
    for attack in ATTACKS {
        assert!(is_line_break(&EventType::new(attack)), "{attack:?}");
    }
}

#[test]
fn cr_or_lf_in_id() {
    for attack in ATTACKS {
        assert!(is_line_break(&EventId::new(attack)), "{attack:?}");
    }
}

/// The reconnection time is a number in the API, and in JSON nothing else is taken for one.
#[test]
fn cr_or_lf_in_retry() {
    for attack in ATTACKS {
        let json = serde_json::json!({ "retry": attack, "data": "x" });
        let refused = serde_json::from_value::<subject::Block>(json);
        assert!(refused.is_err(), "{attack:?}");
    }
    let block = Block::event("x").retry(Duration::from_millis(u64::MAX));
    let meaning = interpret(&block.to_frame().to_bytes());
    assert_eq!(meaning.reconnection_time, Some(u64::MAX));
}

#[test]
fn cr_or_lf_in_field() {
    for attack in ATTACKS {
        assert!(FieldName::new(attack).is_err(), "{attack:?}");
        let refused = Block::event("x").field(FieldName::from_static("trace"), attack);
        assert!(refused.is_err(), "{attack:?}");
    }
}

#[test]
fn cr_or_lf_in_comment() {
    for attack in ATTACKS {
        let events = read(&Block::event("meant").comment(attack));
        assert_eq!(events.len(), 1, "{attack:?}: {events:?}");
        assert_eq!((&*events[0].data, &*events[0].last_event_id), ("meant", ""));
        assert_eq!(read(&Block::new().comment(attack)), []);
    }
}

#[test]
fn cr_or_lf_in_data() {
    for attack in ATTACKS {
        let events = read(&Block::event(attack));
        assert_eq!(events.len(), 1, "{attack:?}: {events:?}");
        assert_eq!(events[0].data, with_lf(attack));
        assert_eq!(events[0].last_event_id, "");
    }
}

#[test]
fn nul_in_id() {
    assert_eq!(EventId::new("a\0b"), Err(InvalidField::Nul { at: 1 }));
    let stream = b"id: kept\ndata: 1\n\nid: a\0b\ndata: 2\n\n";
    let mut events = interpret(stream).events.into_iter();
    assert!(events.all(|event| event.last_event_id == "kept"));
    differential(stream);
    let mut parser = Parser::new();
    assert_eq!(feed(&mut parser, stream.chunks(3)).0, 2);
    assert_eq!(parser.last_event_id(), "kept");
}

#[test]
fn millions_of_tiny_data_lines() {
    const LINES: usize = 3_000_000;
    for line in [&b"data:\n"[..], b"data\n"] {
        let stream = [&line.repeat(LINES)[..], b"\n"].concat();
        let mut parser = Parser::new();
        let counted = measure(|| {
            assert_eq!(feed(&mut parser, stream.chunks(1460)), (1, vec![]));
        });
        // One LF for each line, in a buffer that doubles: at most twice that, and half of it
        // while it grows. Work for each line would be allocations for each line.
        assert!(counted.count_total <= 32, "{counted:?}");
        assert!(counted.bytes_max <= 3 * LINES as u64, "{counted:?}");
    }
}

#[test]
fn an_unbounded_buffer() {
    const LIMIT: usize = 64 << 10;
    const PIECES: usize = 16 << 10;
    let limits = Limits::DEFAULT.with_data(LIMIT);
    let piece = [b'x'; 4096];
    for (start, errors) in [
        (&b"data: "[..], 1),
        (b"event: ", 1),
        (b"id: ", 1),
        (b":", 0),
        (b"", 0),
        (b"retry: ", 0),
    ] {
        let mut parser = Parser::builder().limits(limits).build();
        let endless = std::iter::repeat_n(&piece[..], PIECES);
        let counted = measure(|| {
            let fed = feed(&mut parser, [start].into_iter().chain(endless));
            assert_eq!((fed.0, fed.1.len()), (0, errors), "{start:?}");
        });
        let bound = memory_bound(&limits).min(8 * LIMIT) as u64;
        assert!(counted.bytes_max <= bound, "{start:?}: {counted:?}");
    }
}

/// A line in small pieces is looked at once: what is copied grows with the line, not its square.
#[test]
fn a_quadratic_buffer() {
    let copied = |length: usize| {
        let stream = [b"data: ", &vec![b'x'; length][..], b"\n\n"].concat();
        let mut parser = Parser::new();
        let counted = measure(|| {
            assert_eq!(feed(&mut parser, stream.chunks(16)), (1, vec![]));
        });
        assert!(counted.count_total <= 32, "{length}: {counted:?}");
        counted.bytes_total
    };
    for length in [1 << 18, 1 << 20, 1 << 22] {
        let copied = copied(length);
        assert!(copied <= 5 * length as u64, "{length}: {copied}");
    }
}

#[test]
fn a_bom_that_panics() {
    for stream in [
        &b"\xEF\xBB\xBF"[..],
        b"\xEF\xBB\xBFdata: x\n\n",
        b"\xEF\xBB\xBF\n\n",
        b"\xEF\xBB",
        b"\xEF",
        b"\xEF\xBB\xBF\xEF\xBB\xBFdata: x\n\n",
        b"data: \xEF\xBB\xBF\n\n",
        "\u{e9}data: x\n\n".as_bytes(),
    ] {
        for cut in 0..=stream.len() {
            let script = [0xFE, u8::try_from(cut).unwrap_or(0)];
            let input = [stream, &script].concat();
            differential(&input);
            adapters(&input);
        }
        if let Ok(text) = std::str::from_utf8(stream) {
            let mut chunk = Chunk::from(text);
            while let Ok(Some(_)) = Parser::new().next_event(&mut chunk) {}
            assert!(chunk.is_empty());
        }
    }
}
