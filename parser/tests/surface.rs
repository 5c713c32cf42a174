//! The small public things: messages of errors, conversions, the values of the limits.
#![allow(clippy::unwrap_used)]

use esse_parser::{Chunk, Discarded, Event, LimitExceeded, LimitKind, Limits, OwnedEvent, Parser};

fn exceed(limits: Limits, stream: &[u8]) -> LimitExceeded {
    let mut parser = Parser::builder().limits(limits).build();
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
    let line = "123456789";
    for (limits, field, kind, name) in [
        (Limits::NONE.with_data(8), "data", LimitKind::Data, "data"),
        (
            Limits::NONE.with_event_type(8),
            "event",
            LimitKind::EventType,
            "event type",
        ),
        (
            Limits::NONE.with_last_event_id(8),
            "id",
            LimitKind::LastEventId,
            "last event ID",
        ),
        (
            Limits::NONE.with_comment(8),
            "",
            LimitKind::Comment,
            "comment",
        ),
    ] {
        let error = exceed(limits, format!("{field}: {line}\n").as_bytes());
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
fn an_owned_event_is_the_borrowed_one() {
    for event_type in ["message", "add"] {
        let event = Event {
            event_type,
            data: "x",
            last_event_id: "7",
        };
        assert_eq!(OwnedEvent::from(event).as_event(), event);
    }
}

#[test]
fn nothing_is_discarded_between_two_blocks() {
    let discarded = |stream: &[u8]| -> Discarded {
        let mut parser = Parser::new();
        let mut chunk = Chunk::new(stream);
        while parser.next_event(&mut chunk).unwrap().is_some() {}
        parser.finish()
    };
    assert!(discarded(b"data: x\n\n").is_empty());
    assert!(!discarded(b"data: x\n\n:").is_empty());
}

#[cfg(feature = "read")]
#[test]
fn a_read_error_has_its_cause() {
    use std::error::Error;
    use std::io;

    use esse_parser::ReadError;

    let limit = exceed(Limits::NONE.with_data(0), b"data: x\n");
    for (error, message, cause) in [
        (
            ReadError::Source(io::Error::other("gone")),
            "reading the event stream failed",
            "gone".to_owned(),
        ),
        (
            ReadError::from(limit),
            "a block of the event stream was discarded",
            limit.to_string(),
        ),
    ] {
        assert_eq!(error.to_string(), message);
        assert_eq!(error.source().unwrap().to_string(), cause);
    }
}

/// The parser inside of each adapter is there to look at.
#[cfg(all(
    feature = "bytes",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
#[test]
fn adapters_show_their_parser() {
    use esse_parser::{BytesParser, EventDecoder, EventReader, EventStream};
    use futures_executor::block_on;
    use futures_util::StreamExt as _;
    use tokio_util::codec::Decoder as _;

    const STREAM: &[u8] = b"id: 7\n\n";

    let mut bytes = BytesParser::default();
    bytes.push(bytes::Bytes::from_static(STREAM));
    assert!(bytes.next_event().is_none());
    assert_eq!(bytes.parser().last_event_id(), "7");

    let mut decoder = EventDecoder::default();
    assert!(decoder.decode(&mut STREAM.into()).unwrap().is_none());
    assert_eq!(decoder.parser().last_event_id(), "7");

    let mut reader = EventReader::new(STREAM);
    assert!(reader.next().is_none());
    assert_eq!(reader.parser().last_event_id(), "7");

    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(STREAM)]);
    let mut stream = EventStream::new(chunks);
    assert!(block_on(stream.next()).is_none());
    assert_eq!(stream.parser().last_event_id(), "7");
}

/// A limit may be exceeded in the start of a line, with no chunk after it.
#[cfg(feature = "bytes")]
#[test]
fn bytes_parser_reports_a_limit_in_the_last_line() {
    let limits = Limits::NONE.with_last_event_id(2);
    let mut parser = esse_parser::BytesParser::new(Parser::builder().limits(limits).build());
    parser.push(bytes::Bytes::from_static(b"id: 123"));
    let error = parser.next_event().unwrap().unwrap_err();
    assert_eq!((error.kind, error.line), (LimitKind::LastEventId, 1));
    assert!(parser.next_event().is_none());
}

/// A chunk that begins in the middle of a character is no text as a whole: its whole lines are.
#[cfg(feature = "bytes")]
#[test]
fn bytes_events_after_a_cut_character_share_their_chunk() {
    let stream = bytes::Bytes::from_static("data: é\n\ndata: shared\n\n".as_bytes());
    let (first, second) = (stream.slice(..7), stream.slice(7..));
    let mut parser = esse_parser::BytesParser::default();
    parser.push(first.clone());
    assert!(parser.next_event().is_none());
    parser.push(second.clone());
    assert_eq!(parser.next_event().unwrap().unwrap().data, "é");
    let event = parser.next_event().unwrap().unwrap();
    assert_eq!(event.data, "shared");
    assert!(second.as_ptr_range().contains(&event.data.as_ptr()));
}

/// An ID that did not change is one string, however many events bear it.
#[cfg(feature = "bytes")]
#[test]
fn bytes_events_share_the_last_event_id() {
    let mut parser = esse_parser::BytesParser::default();
    parser.push(bytes::Bytes::from_static(
        b"id: 7\ndata: a\n\ndata: b\n\nid: 7\ndata: c\n\nid: 8\ndata: d\n\n",
    ));
    let ids: Vec<_> = core::iter::from_fn(|| parser.next_event())
        .map(|event| event.unwrap().last_event_id)
        .collect();
    assert_eq!(ids, ["7", "7", "7", "8"]);
    let same = |id: &bytestring::ByteString| id.as_ptr() == ids[0].as_ptr();
    assert!(ids[..3].iter().all(same));
}

/// What the source gave last is read at its end too.
#[cfg(feature = "codec")]
#[test]
fn a_decoder_reads_what_comes_with_the_end() {
    use tokio_util::codec::Decoder as _;

    let mut decoder = esse_parser::EventDecoder::default();
    let mut source = b"data: x\n\ndata: unfinished".as_slice().into();
    let event = decoder.decode_eof(&mut source).unwrap().unwrap().unwrap();
    assert_eq!(event.data, "x");
    assert!(decoder.decode_eof(&mut source).unwrap().is_none());
}

#[cfg(feature = "stream")]
#[test]
fn a_stream_shows_its_source_and_its_parser() {
    let chunks = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("data: x\n\n")]);
    let shown = format!("{:?}", esse_parser::EventStream::new(chunks));
    assert!(shown.contains("data: x") && shown.contains("Parser"));
}
