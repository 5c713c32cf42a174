//! The small public things: messages of errors, conversions, the values of the limits.
#![allow(clippy::unwrap_used)]

use esse_parser::{Chunk, Event, LimitExceeded, LimitKind, Limits, OwnedEvent, Parser};

fn exceed(limits: Limits, stream: &[u8]) -> LimitExceeded {
    let mut parser = Parser::builder().limits(limits).ignored_lines(true).build();
    let mut chunk = Chunk::from(stream);
    loop {
        match parser.next_item(&mut chunk) {
            Ok(item) => assert!(item.is_some(), "no limit was exceeded"),
            Err(error) => return error,
        }
    }
}

#[test]
fn an_error_says_which_limit_where_and_what_to_do() {
    let error = exceed(
        Limits::NONE.with_data(4),
        b"data: a\n\n: c\ndata: too long\n",
    );
    assert_eq!(
        error.to_string(),
        "the data in line 4 (at byte 13) is over the limit of 4 bytes: \
         its block is discarded; raise the limit to receive such blocks"
    );
}

#[test]
fn each_limit_has_its_setter_and_its_name() {
    use LimitKind::{Comment, Data, EventType, IgnoredLine, LastEventId};

    let limits = Limits::NONE;
    for (limits, field, kind, name) in [
        (limits.with_data(8), "data", Data, "data"),
        (limits.with_event_type(8), "event", EventType, "event type"),
        (
            limits.with_last_event_id(8),
            "id",
            LastEventId,
            "last event ID",
        ),
        (limits.with_comment(8), "", Comment, "comment"),
        (
            limits.with_ignored_line(8),
            "error",
            IgnoredLine,
            "ignored line",
        ),
    ] {
        let error = exceed(limits, format!("{field}: 123456789\n").as_bytes());
        assert_eq!((error.kind, error.limit), (kind, 8));
        assert_eq!(kind.to_string(), name);
    }
}

#[test]
fn the_default_limits_are_those_of_the_docs() {
    let limits = Limits::default();
    assert_eq!(limits.data, 64 * 1024 * 1024);
    for limit in [limits.event_type, limits.last_event_id, limits.comment] {
        assert_eq!(limit, 64 * 1024);
    }
}

#[test]
fn a_chunk_shows_what_is_left_of_it() {
    let mut chunk = Chunk::from("data: a\n\ndata: \u{e9}\n\n");
    assert_eq!((chunk.position(), chunk.is_empty()), (0, false));
    let mut parser = Parser::default();
    assert_eq!(parser.next_event(&mut chunk).unwrap().unwrap().data, "a");
    assert_eq!(chunk.remaining(), "data: \u{e9}\n\n".as_bytes());
    assert_eq!(
        parser.next_event(&mut chunk).unwrap().unwrap().data,
        "\u{e9}"
    );
    assert_eq!((chunk.position(), chunk.is_empty()), (19, true));
}

#[test]
fn an_owned_event_is_the_borrowed_one() {
    for event_type in ["message", "add"] {
        let event = Event {
            event_type,
            data: "x",
            last_event_id: "7",
            has_id: true,
        };
        assert_eq!(OwnedEvent::from(event).as_event(), event);
    }
}

#[cfg(feature = "read")]
#[test]
fn a_read_error_has_its_cause() {
    use std::error::Error;
    use std::io;

    use esse_parser::ReadError;

    let limit = exceed(Limits::NONE.with_data(0), b"data: x\n");
    let failed = ReadError::Source(io::Error::other("gone"));
    assert_eq!(failed.to_string(), "reading the event stream failed: gone");
    assert_eq!(failed.source().unwrap().to_string(), "gone");
    let exceeded = ReadError::<io::Error>::from(limit);
    assert_eq!(exceeded.to_string(), limit.to_string());
    assert_eq!(exceeded.source().unwrap().to_string(), limit.to_string());
}
