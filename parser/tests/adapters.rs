//! Each adapter gives the events of the core, for every vector and cut.
#![cfg(all(
    feature = "body",
    feature = "bytes",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use esse_parser::{
    BytesParser, Event, EventDecoder, EventReader, EventStream, Limits, OwnedEvent, Parser,
    ReadError, body_events,
};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::StreamBody;
use support::{chunks, cuts_of, parse_events};
use tokio_util::codec::Decoder;

type Events = Vec<OwnedEvent>;
type Adapter = fn(&[&[u8]]) -> Events;

fn unlimited() -> Parser {
    Parser::builder().limits(Limits::NONE).build()
}

fn read(chunks: &[&[u8]]) -> Events {
    EventReader::with_parser(Chunks(chunks.iter().copied().collect()), unlimited())
        .map(Result::unwrap)
        .collect()
}

/// A reader that gives one chunk a call, interrupted before each.
struct Chunks<'s>(VecDeque<&'s [u8]>);

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.pop_front() {
            None => Ok(0),
            // An empty read would be the end; it stands for an interrupted one here.
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
    let (mut decoder, mut buffer, mut events) = (
        EventDecoder::new(unlimited()),
        BytesMut::new(),
        Events::new(),
    );
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

fn bytes(chunks: &[&[u8]]) -> Events {
    let (mut parser, mut events) = (BytesParser::new(unlimited()), Events::new());
    for chunk in chunks {
        parser.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = parser.next_event() {
            events.push(event.unwrap().as_event().into_owned());
        }
    }
    events
}

fn stream(chunks: &[&[u8]]) -> Events {
    let chunks = chunks.iter().map(|chunk| Ok::<_, Infallible>(*chunk));
    collect(EventStream::with_parser(
        stuttering(stream::iter(chunks)),
        unlimited(),
    ))
}

fn body(chunks: &[&[u8]]) -> Events {
    let frames = chunks
        .iter()
        .map(|chunk| Ok::<_, Infallible>(http_body::Frame::data(Bytes::copy_from_slice(chunk))));
    let trailers = stream::iter([Ok(http_body::Frame::trailers(http::HeaderMap::new()))]);
    let body = StreamBody::new(stream::iter(frames).chain(trailers));
    collect(body_events(body, unlimited()))
}

fn collect<E: std::fmt::Debug>(
    events: impl Stream<Item = Result<OwnedEvent, ReadError<E>>>,
) -> Events {
    futures_executor::block_on(events.map(Result::unwrap).collect())
}

/// The stream, pending before each of its items.
fn stuttering<S: Stream>(source: S) -> impl Stream<Item = S::Item> {
    Stuttering {
        source: Box::pin(source),
        pending: false,
    }
}

struct Stuttering<S> {
    source: Pin<Box<S>>,
    pending: bool,
}

impl<S: Stream> Stream for Stuttering<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.pending = !self.pending;
        if self.pending {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.source.as_mut().poll_next(cx)
    }
}

const ADAPTERS: [(&str, Adapter); 5] = [
    ("read", read),
    ("codec", codec),
    ("bytes", bytes),
    ("stream", stream),
    ("body", body),
];

fn core(stream: &[u8], cuts: &[usize]) -> Events {
    let seen = parse_events(stream, cuts);
    seen.iter()
        .map(|seen| {
            let event = Event {
                event_type: &seen.event_type,
                data: &seen.data,
                last_event_id: &seen.last_event_id,
            };
            event.into_owned()
        })
        .collect()
}

fn check(stream: &[u8], cuts: &[usize], id: &str) {
    let (chunks, expected) = (chunks(stream, cuts), core(stream, cuts));
    for (name, adapter) in ADAPTERS {
        assert_eq!(adapter(&chunks), expected, "{name}, {id} cut at {cuts:?}");
    }
}

#[test]
fn every_vector_at_every_cut() {
    for vector in esse_vectors::parse_vectors().unwrap() {
        let len = vector.input.len();
        if len > 1024 {
            for cuts in [vec![], vec![len / 2], (1..len).step_by(1460).collect()] {
                check(&vector.input, &cuts, &vector.id);
            }
        } else {
            for cuts in cuts_of(len) {
                check(&vector.input, &cuts, &vector.id);
            }
        }
    }
}

/// What `Bytes` events are for: type and data are the memory of the chunk.
#[test]
fn bytes_events_share_the_chunk() {
    let chunk = Bytes::copy_from_slice(b"event: a\ndata: shared\n\n");
    let mut parser = BytesParser::default();
    parser.push(chunk.clone());
    let event = parser.next_event().unwrap().unwrap();
    for shared in [&event.event_type, &event.data] {
        assert!(chunk.as_ptr_range().contains(&shared.as_bytes().as_ptr()));
    }
}

#[test]
fn an_error_of_the_source_is_handed_on_and_the_rest_follows() {
    let chunks: [Result<&[u8], &str>; 3] = [Ok(b"data: a\n\nda"), Err("gone"), Ok(b"ta: b\n\n")];
    let events: Vec<_> =
        futures_executor::block_on(EventStream::new(stream::iter(chunks)).collect());
    assert_eq!(events[0].as_ref().unwrap().data, "a");
    assert!(matches!(events[1], Err(ReadError::Source("gone"))));
    assert_eq!(events[2].as_ref().unwrap().data, "b");
}

#[test]
fn a_limit_is_reported_and_the_next_block_follows() {
    let small = || {
        Parser::builder()
            .limits(Limits::DEFAULT.with_data(3))
            .build()
    };
    let source = &b"data: long\n\ndata: b\n\n"[..];

    let mut reader = EventReader::with_parser(source, small());
    assert!(matches!(reader.next(), Some(Err(ReadError::Limit(_)))));
    assert_eq!(reader.next().unwrap().unwrap().data, "b");

    let (mut decoder, mut buffer) = (EventDecoder::new(small()), BytesMut::from(source));
    assert!(decoder.decode(&mut buffer).unwrap().unwrap().is_err());
    let event = decoder.decode(&mut buffer).unwrap().unwrap();
    assert_eq!(event.unwrap().data, "b");

    let mut parser = BytesParser::new(small());
    parser.push(Bytes::from_static(source));
    assert!(parser.next_event().unwrap().is_err());
    assert_eq!(parser.next_event().unwrap().unwrap().data, "b");
}

#[test]
fn an_error_of_the_reader_is_handed_on() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let error = EventReader::new(Failing).next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "reading the event stream failed");
    assert!(matches!(error, ReadError::Source(_)));
}
