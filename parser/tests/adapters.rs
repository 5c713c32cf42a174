//! Each adapter returns the events of the core, for every vector and cut.
#![cfg(all(
    feature = "body",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Debug;
use std::io::{self, Read};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use esse_parser::{
    BodyEvents, Chunk, EventDecoder, EventReader, EventStream, Limits, OwnedEvent, OwnedItem,
    Parser, ReadError,
};
use futures_executor::block_on;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{Full, StreamBody};
use support::{chunks, cuts_of};
use tokio_util::codec::Decoder;

type Events = Vec<OwnedEvent>;
type Adapter = fn(&[&[u8]]) -> Events;

const ADAPTERS: [(&str, Adapter); 4] = [
    ("read", read),
    ("codec", codec),
    ("stream", stream),
    ("body", body),
];

#[test]
fn every_vector_at_every_cut() {
    for vector in esse_vectors::parse_vectors().unwrap() {
        let len = vector.input.len();
        let cuts = match len {
            0..=1024 => cuts_of(len),
            _ => vec![vec![], vec![len / 2], (1..len).step_by(1460).collect()],
        };
        for cuts in cuts {
            check(&vector.input, &cuts, &vector.id);
        }
    }
}

fn check(stream: &[u8], cuts: &[usize], id: &str) {
    let (chunks, expected) = (chunks(stream, cuts), core(stream, cuts));
    for (name, adapter) in ADAPTERS {
        assert_eq!(adapter(&chunks), expected, "{name}, {id} cut at {cuts:?}");
    }
}

fn core(stream: &[u8], cuts: &[usize]) -> Events {
    let (mut parser, mut events) = (unlimited(), Events::new());
    for bytes in chunks(stream, cuts) {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).unwrap() {
            events.push(event.into_owned());
        }
    }
    events
}

fn unlimited() -> Parser {
    Parser::builder().limits(Limits::NONE).build()
}

fn read(chunks: &[&[u8]]) -> Events {
    EventReader::with_parser(Chunks(chunks.iter().copied().collect()), unlimited())
        .map(Result::unwrap)
        .collect()
}

/// A reader that returns one chunk per call.
struct Chunks<'s>(VecDeque<&'s [u8]>);

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.pop_front() {
            None => Ok(0),
            // An empty read would be the end, so an empty chunk is an interrupted read.
            Some([]) => Err(io::ErrorKind::Interrupted.into()),
            Some(chunk) => {
                let len = chunk.len().min(buffer.len());
                buffer[..len].copy_from_slice(&chunk[..len]);
                if len < chunk.len() {
                    self.0.push_front(&chunk[len..]);
                }
                Ok(len)
            }
        }
    }
}

fn codec(chunks: &[&[u8]]) -> Events {
    let mut decoder = EventDecoder::with_parser(unlimited());
    let (mut buffer, mut events) = (BytesMut::new(), Events::new());
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Some(event) = decoder.decode(&mut buffer).unwrap() {
            events.push(event.unwrap());
        }
        assert!(buffer.is_empty());
    }
    while let Some(event) = decoder.decode_eof(&mut buffer).unwrap() {
        events.push(event.unwrap());
    }
    events
}

fn stream(chunks: &[&[u8]]) -> Events {
    let chunks = stream::iter(chunks.iter().map(|chunk| Ok::<_, Infallible>(*chunk)));
    collect(EventStream::with_parser(stuttering(chunks), unlimited()))
}

fn body(chunks: &[&[u8]]) -> Events {
    let chunks = chunks.iter().map(|chunk| Bytes::copy_from_slice(chunk));
    let frames = chunks.map(|chunk| Ok::<_, Infallible>(http_body::Frame::data(chunk)));
    let trailers = stream::iter([Ok(http_body::Frame::trailers(http::HeaderMap::new()))]);
    let body = StreamBody::new(stream::iter(frames).chain(trailers));
    collect(BodyEvents::with_parser(body, unlimited()))
}

fn collect<E: Debug>(events: impl Stream<Item = Result<OwnedEvent, ReadError<E>>>) -> Events {
    block_on(events.map(Result::unwrap).collect())
}

/// The stream, pending before each of its items and before its end.
fn stuttering<S: Stream + Unpin>(mut source: S) -> impl Stream<Item = S::Item> {
    let mut pending = false;
    stream::poll_fn(move |cx| {
        pending = !pending;
        if pending {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        source.poll_next_unpin(cx)
    })
}

/// A block that the end of the stream cuts off can be seen in the parser that comes back.
#[test]
fn adapters_show_their_parser_and_give_it_back() {
    const STREAM: &[u8] = b"id: 7\n\ndata: cut of";

    fn assert_cut_off(mut parser: Parser) {
        assert!(parser.finish().had_data());
        assert_eq!(parser.last_event_id(), "7");
    }

    let mut decoder = EventDecoder::default();
    assert!(decoder.decode(&mut STREAM.into()).unwrap().is_none());
    assert_eq!(decoder.parser().last_event_id(), "7");
    assert_cut_off(decoder.into_parser());

    let mut reader = EventReader::new(STREAM);
    assert!(reader.next().is_none());
    assert_eq!(reader.parser().last_event_id(), "7");
    let (rest, parser) = reader.into_parts();
    assert!(rest.is_empty());
    assert_cut_off(parser);

    let mut events = EventStream::new(stream::iter([Ok::<_, io::Error>(STREAM)]));
    assert!(block_on(events.next()).is_none());
    assert_eq!(events.parser().last_event_id(), "7");
    let (mut source, parser) = events.into_parts();
    assert!(block_on(source.next()).is_none());
    assert_cut_off(parser);

    let mut events = BodyEvents::new(Full::new(STREAM));
    assert!(block_on(events.next()).is_none());
    assert_eq!(events.parser().last_event_id(), "7");
    let (body, parser) = events.into_parts();
    assert!(http_body::Body::is_end_stream(&body));
    assert_cut_off(parser);
}

#[test]
fn a_stream_shows_its_source_and_its_parser() {
    let chunks = stream::iter([Ok::<_, Infallible>("data: x\n\n")]);
    let shown = format!("{:?}", EventStream::new(chunks));
    assert!(shown.contains("data: x") && shown.contains("Parser"));
}

#[test]
fn an_error_of_the_source_is_returned_and_the_rest_follows() {
    let chunks: [Result<&[u8], &str>; 3] = [Ok(b"data: a\n\nda"), Err("gone"), Ok(b"ta: b\n\n")];
    let events: Vec<_> = block_on(EventStream::new(stream::iter(chunks)).collect());
    assert_eq!(events[0].as_ref().unwrap().data, "a");
    assert!(matches!(events[1], Err(ReadError::Source("gone"))));
    assert_eq!(events[2].as_ref().unwrap().data, "b");
}

#[test]
fn an_error_of_the_reader_is_returned() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let error = EventReader::new(Failing).next().unwrap().unwrap_err();
    assert!(matches!(error, ReadError::Source(_)));
}

#[test]
fn a_limit_is_reported_and_the_next_block_follows() {
    let limits = Limits::DEFAULT.with_data(3);
    let small = || Parser::builder().limits(limits).build();
    let source = &b"data: long\n\ndata: b\n\n"[..];

    let mut reader = EventReader::with_parser(source, small());
    assert!(matches!(reader.next(), Some(Err(ReadError::Limit(_)))));
    assert_eq!(reader.next().unwrap().unwrap().data, "b");

    let (mut decoder, mut buffer) = (EventDecoder::with_parser(small()), BytesMut::from(source));
    assert!(decoder.decode(&mut buffer).unwrap().unwrap().is_err());
    let event = decoder.decode(&mut buffer).unwrap().unwrap();
    assert_eq!(event.unwrap().data, "b");
}

/// A consumer stops after an event and resumes with the last event ID of the adapter: that is the
/// ID of the event, even if the chunk holds more.
#[test]
fn an_adapter_is_never_ahead_of_its_events() {
    const STREAM: &[u8] = b"data: none\n\nid: 1\ndata: a\n\ndata: b\n\nid: 2\n\n: c\n\nid: 3\ndata: d\ndata: e\n\nid\ndata: f\n\nid: 4\ndata: g\n\nid: 5\ndata: cut";
    let expected = ["", "1", "1", "3", "", "4"];
    for count in 1..=expected.len() {
        let id = expected[count - 1];

        let mut reader = EventReader::new(STREAM);
        let event = reader.nth(count - 1).unwrap().unwrap();
        assert_eq!(
            (&*event.last_event_id, reader.parser().last_event_id()),
            (id, id)
        );

        let mut events = EventStream::new(stream::iter([Ok::<_, io::Error>(STREAM)]));
        for _ in 0..count {
            block_on(events.next()).unwrap().unwrap();
        }
        assert_eq!(events.parser().last_event_id(), id, "{count}");

        let (mut decoder, mut buffer) = (EventDecoder::new(), BytesMut::from(STREAM));
        for _ in 0..count {
            decoder.decode(&mut buffer).unwrap().unwrap().unwrap();
        }
        assert_eq!(decoder.parser().last_event_id(), id, "{count}");
    }
}

#[test]
fn each_adapter_hands_out_items_too() {
    const STREAM: &[u8] = b": c\nretry: 5\nid: 7\n\nfoo: bar\ndata: x\n\n";
    let parser = || Parser::builder().ignored_lines(true).build();
    let mut expected = vec![
        OwnedItem::Comment("c".into()),
        OwnedItem::ReconnectionTime(Duration::from_millis(5)),
        OwnedItem::LastEventId("7".into()),
        OwnedItem::Ignored {
            name: "foo".into(),
            value: "bar".into(),
        },
        OwnedItem::Event(OwnedEvent {
            event_type: "message".into(),
            data: "x".into(),
            last_event_id: "7".into(),
            has_id: false,
        }),
    ];

    let reader = EventReader::with_parser(STREAM, parser()).items();
    assert_eq!(reader.map(Result::unwrap).collect::<Vec<_>>(), expected);

    let chunks = stream::iter(STREAM.chunks(3).map(Ok::<_, Infallible>));
    let items = EventStream::with_parser(chunks, parser()).items();
    assert_eq!(
        block_on(items.map(Result::unwrap).collect::<Vec<_>>()),
        expected
    );

    let items = BodyEvents::with_parser(Full::new(STREAM), parser()).items();
    assert_eq!(
        block_on(items.map(Result::unwrap).collect::<Vec<_>>()),
        expected
    );

    let mut decoder = EventDecoder::with_parser(parser()).items();
    let mut buffer = BytesMut::from(STREAM);
    expected.reverse();
    while let Some(item) = decoder.decode(&mut buffer).unwrap() {
        assert_eq!(Some(item.unwrap()), expected.pop());
    }
    assert!(expected.is_empty());
}

/// The last event without its blank line: only if asked for, and only at a clean end.
#[test]
fn the_last_event_is_kept_if_asked_for() {
    const STREAM: &[u8] = b"data: a\n\nid: 7\ndata: b";
    for keep in [false, true] {
        let parser = || Parser::builder().keep_last_event(keep).build();
        let expected = if keep { vec!["a", "b"] } else { vec!["a"] };

        let mut reader = EventReader::with_parser(STREAM, parser());
        let data: Vec<_> = reader.by_ref().map(|event| event.unwrap().data).collect();
        assert_eq!(data, expected);
        assert_eq!(reader.unfinished().had_data(), !keep);
        assert!(reader.next().is_none());

        let mut events =
            EventStream::with_parser(stream::iter([Ok::<_, io::Error>(STREAM)]), parser());
        let mut data = Vec::new();
        while let Some(event) = block_on(events.next()) {
            data.push(event.unwrap().data);
        }
        assert_eq!(data, expected);
        assert_eq!(events.unfinished().had_data(), !keep);

        let failing = stream::iter([Ok(STREAM), Err("gone")]);
        let events: Vec<_> = block_on(EventStream::with_parser(failing, parser()).collect());
        assert_eq!(events.len(), 2, "nothing is kept after an error");

        let mut decoder = EventDecoder::with_parser(parser());
        let mut buffer = BytesMut::from(STREAM);
        let mut data = Vec::new();
        while let Some(event) = decoder.decode_eof(&mut buffer).unwrap() {
            data.push(event.unwrap().data);
        }
        assert_eq!(data, expected);
    }
}

/// Asked again, a reader that failed for good would fail again.
#[test]
fn a_reader_ends_after_an_error_that_does_not_pass() {
    struct Failing(io::ErrorKind, usize);
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            Err(self.0.into())
        }
    }
    let mut reader = EventReader::new(Failing(io::ErrorKind::ConnectionReset, 0));
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none() && reader.next().is_none());
    assert_eq!(reader.into_parts().0.1, 1);

    for kind in [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut] {
        let mut reader = EventReader::new(Failing(kind, 0));
        assert!(reader.by_ref().take(3).all(|event| event.is_err()));
        assert_eq!(reader.into_parts().0.1, 3);
    }
}

/// The last bytes of the source are read even if they come with its end.
#[test]
fn a_decoder_reads_what_comes_with_the_end() {
    let mut decoder = EventDecoder::new();
    let mut source = b"data: x\n\ndata: unfinished".as_slice().into();
    let event = decoder.decode_eof(&mut source).unwrap().unwrap().unwrap();
    assert_eq!(event.data, "x");
    assert!(decoder.decode_eof(&mut source).unwrap().is_none());
}
