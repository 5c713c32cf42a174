//! Every adapter reports what the core reports.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use esse_parser::{
    BodyEvents, Chunk, EventDecoder, EventReader, EventStream, LimitExceeded, Limits, OwnedEvent,
    Parser, ReadError,
};
use futures_core::Stream;
use tokio_util::codec::{Decoder, FramedRead};

use crate::input::{EARLIER_ID, Step, split, steps};
use crate::sources::Source;

/// Small, so that errors are among what the adapters have to hand on.
const LIMITS: Limits = Limits::NONE
    .with_data(40)
    .with_event_type(16)
    .with_last_event_id(16);

/// Something that an adapter reports.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Event(OwnedEvent),
    Exceeded(LimitExceeded),
    /// The source failed.
    Failed,
    /// There is nothing yet.
    Waiting,
}

/// What an adapter reported, and its parser at the end.
type Reported<'p> = (Vec<Said>, &'p Parser);

/// Every adapter reports what the core reports, in the same order, with the source's pauses and
/// failures in between: no event waits for a byte that comes after it.
///
/// ```
/// esse_fuzz::adapters(b"data: x\n\ndata: y\n\n\xFE\x09\xC0\xE0");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn adapters(input: &[u8]) {
    let (stream, script) = split(input);
    let steps = steps(stream, script);
    let mut core = parser();
    let expected = from_core(&mut core, &steps);
    let expected = (&expected[..], &core);
    stream_and_body(&steps, expected);
    decoder(&steps, expected);
    framed(&steps, expected);
    reader(&steps, expected);
}

fn parser() -> Parser {
    Parser::builder()
        .limits(LIMITS)
        .last_event_id(EARLIER_ID)
        .build()
}

fn from_core(parser: &mut Parser, steps: &[Step<'_>]) -> Vec<Said> {
    in_order(steps, |bytes, said| {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = parser.next_event(&mut chunk).transpose() {
            said.push(limited(event.map(OwnedEvent::from)));
        }
    })
}

/// What is reported if each chunk is handed over by hand.
fn in_order(steps: &[Step<'_>], mut chunk: impl FnMut(&[u8], &mut Vec<Said>)) -> Vec<Said> {
    let mut said = Vec::new();
    for step in steps {
        match step {
            Step::Chunk(bytes) => chunk(bytes, &mut said),
            Step::Pending => said.push(Said::Waiting),
            Step::Fails => said.push(Said::Failed),
        }
    }
    said
}

fn stream_and_body(steps: &[Step<'_>], expected: (&[Said], &Parser)) {
    let mut stream = pin!(EventStream::with_parser(Source::new(steps), parser()));
    let said = poll_all(stream.as_mut(), 1, owned);
    assert_same("stream", (said, stream.parser()), expected);

    let mut stream = pin!(BodyEvents::with_parser(Source::new(steps), parser()));
    let said = poll_all(stream.as_mut(), 1, owned);
    assert_same("body", (said, stream.parser()), expected);
}

fn decoder(steps: &[Step<'_>], expected: (&[Said], &Parser)) {
    let mut adapter = EventDecoder::with_parser(parser());
    let mut buffer = BytesMut::new();
    let said = in_order(steps, |bytes, said| {
        buffer.extend_from_slice(bytes);
        while let Some(event) = adapter.decode(&mut buffer).transpose() {
            said.push(framed_item(event));
        }
        assert!(buffer.is_empty());
    });
    assert_same("codec", (said, adapter.parser()), expected);
}

fn framed(steps: &[Step<'_>], (expected, core): (&[Said], &Parser)) {
    let source = Source::without_empty(steps);
    let mut stream = pin!(FramedRead::new(source, EventDecoder::with_parser(parser())));
    // After an error of the source it ends once, and goes on.
    let said = poll_all(stream.as_mut(), 2, framed_item);
    assert_eq!(said, expected, "framed");
    assert_same_end(stream.decoder().parser(), core);
}

fn reader(steps: &[Step<'_>], (expected, core): (&[Said], &Parser)) {
    let mut adapter = EventReader::with_parser(Source::without_empty(steps), parser());
    let said: Vec<Said> = adapter.by_ref().map(owned).collect();
    let without_pauses = expected.iter().filter(|said| **said != Said::Waiting);
    assert!(
        said.iter().eq(without_pauses),
        "read: {said:?}, not {expected:?}"
    );
    assert_same_end(adapter.parser(), core);
}

/// Polls until it ends this many times in a row.
fn poll_all<S: Stream>(
    mut stream: Pin<&mut S>,
    ends: usize,
    item: fn(S::Item) -> Said,
) -> Vec<Said> {
    let mut said = Vec::new();
    let mut ended = 0;
    let mut context = Context::from_waker(Waker::noop());
    while ended < ends {
        let polled = stream.as_mut().poll_next(&mut context);
        ended = if polled.is_ready() { ended + 1 } else { 0 };
        match polled {
            Poll::Pending => said.push(Said::Waiting),
            Poll::Ready(None) => {}
            Poll::Ready(Some(event)) => {
                ended = 0;
                said.push(item(event));
            }
        }
    }
    said
}

fn assert_same(name: &str, (said, parser): Reported<'_>, (expected, core): (&[Said], &Parser)) {
    assert_eq!(said, expected, "{name}");
    assert_same_end(parser, core);
}

fn assert_same_end(parser: &Parser, core: &Parser) {
    assert_eq!(parser.last_event_id(), core.last_event_id());
    assert_eq!(parser.reconnection_time(), core.reconnection_time());
}

fn owned(event: Result<OwnedEvent, ReadError<io::Error>>) -> Said {
    match event {
        Ok(event) => Said::Event(event),
        Err(ReadError::Limit(error)) => Said::Exceeded(error),
        Err(_) => Said::Failed,
    }
}

fn framed_item(item: io::Result<Result<OwnedEvent, LimitExceeded>>) -> Said {
    item.map_or(Said::Failed, limited)
}

fn limited(event: Result<OwnedEvent, LimitExceeded>) -> Said {
    event.map_or_else(Said::Exceeded, Said::Event)
}
