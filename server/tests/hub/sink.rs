//! The body: what it passes on, and when.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use esse_encoder::{Block, Data, Frame};
use esse_server::{Hub, Record, Sink, TryFrames};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http_body::Body;

fn poll(body: &mut (impl Body<Data = Bytes> + Unpin)) -> Poll<Option<Bytes>> {
    let polled = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
    polled.map(|frame| frame.map(|frame| frame.ok().unwrap().into_data().unwrap()))
}

#[test]
fn first_bytes_are_there_before_any_event() {
    let hub = Hub::new();
    let mut body = Sink::new(hub.subscribe().open());
    assert_eq!(poll(&mut body), Poll::Ready(Some(": \n\n".into())));
    assert_eq!(poll(&mut body), Poll::Pending);
    assert!(!body.is_end_stream());
}

#[test]
fn a_large_payload_is_handed_on_as_it_is() {
    let hub = Hub::new();
    let mut bodies: Vec<_> = (0..3).map(|_| Sink::new(hub.subscribe().open())).collect();
    let payload = Bytes::from("x".repeat(1 << 20));
    let data = Data::try_from(payload.clone()).unwrap();
    hub.publish(Block::event(data)).unwrap();
    for body in &mut bodies {
        assert_eq!(poll(body), Poll::Ready(Some(": \n\n".into())));
        assert_eq!(poll(body), Poll::Ready(Some("data: ".into())));
        let Poll::Ready(Some(sent)) = poll(body) else {
            panic!()
        };
        assert_eq!(sent.as_ptr(), payload.as_ptr(), "the same bytes, for all");
        assert_eq!(poll(body), Poll::Ready(Some("\n\n".into())));
        assert_eq!(poll(body), Poll::Pending);
    }
}

#[test]
fn nothing_of_a_payload_is_held_while_waiting() {
    let hub = Hub::builder().keep_events(1).build();
    let mut body = Sink::new(hub.subscribe().open());
    let payload = Bytes::from("x".repeat(1 << 20));
    let data = Data::try_from(payload.clone()).unwrap();
    hub.publish(Block::event(data)).unwrap();
    while poll(&mut body).is_ready() {}
    hub.publish(Block::event("next")).unwrap();
    // Neither the hub nor the body has it any more.
    assert!(payload.is_unique());
}

#[test]
fn it_ends_with_its_stream() {
    let hub = Hub::new();
    let retry = Block::new().retry(Duration::from_millis(5));
    let mut body = Sink::new(hub.subscribe().open()).begin_with(&retry);
    drop(hub);
    assert_eq!(poll(&mut body), Poll::Ready(Some("retry: 5\n\n".into())));
    assert_eq!(poll(&mut body), Poll::Ready(None));
}

/// Otherwise it would end like an answer that is whole.
#[test]
fn a_body_of_frames_that_break_off_fails_after_what_came_before() {
    let answer = || {
        let frame = |data: &'static str| Ok(Block::event(data).to_frame());
        stream::iter([frame("Hel"), Err("upstream is gone"), frame("lo")])
    };
    let hub = Hub::new();
    breaks_off(TryFrames::new(answer()));
    breaks_off(hub.guard(TryFrames::new(answer())));
    let guarded = hub.guard(TryFrames::new(answer()));
    hub.drain_with(&Block::event("bye"));
    breaks_off(guarded);
}

/// Handlers look at the first frame before they answer.
#[test]
fn a_stream_that_broke_off_before_it_was_in_a_body_breaks_the_body_off() {
    let hub = Hub::new();
    let gone = || TryFrames::new(stream::iter([Err("upstream is gone")]));
    polled_before_its_body(gone());
    polled_before_its_body(hub.guard(gone()));

    let subscriber = hub.subscribe().open();
    let open = || stream::iter([Err::<Bytes, _>("the disk is gone")]);
    hub.publish(Record::from_source(Block::new(), open))
        .unwrap();
    let mut subscriber = Box::pin(subscriber);
    while let Some(Some(_)) = subscriber.next().now_or_never() {}
    fails_at_once(subscriber);
}

fn polled_before_its_body(frames: impl Stream<Item = Frame>) {
    let mut frames = Box::pin(frames);
    assert!(frames.next().now_or_never().unwrap().is_none());
    fails_at_once(frames);
}

fn fails_at_once(frames: impl Stream<Item = Frame> + Unpin) {
    let mut body = Sink::new(frames);
    assert_eq!(poll(&mut body), Poll::Ready(Some(": \n\n".into())));
    fails(&mut body);
}

/// The error comes in the same poll as the first of them.
#[test]
fn frames_that_were_taken_together_come_before_the_error() {
    let frame = |data: &'static str| Ok(Block::event(data).to_frame());
    let answer = stream::iter([frame("Hel"), frame("lo"), Err("upstream is gone")]);
    let hub = Hub::new();
    let together = hub.guard(
        TryFrames::new(answer)
            .ready_chunks(8)
            .flat_map(stream::iter),
    );
    let mut body = Sink::new(together);
    for sent in [": \n\n", "data: Hel\n\n", "data: lo\n\n"] {
        assert_eq!(poll(&mut body), Poll::Ready(Some(sent.into())));
    }
    fails(&mut body);
    drop(body);
    assert_eq!(hub.metrics().closed.source_failed, 1);
}

fn breaks_off(frames: impl Stream<Item = Frame> + Unpin) {
    let mut body = Sink::new(frames);
    assert_eq!(poll(&mut body), Poll::Ready(Some(": \n\n".into())));
    assert_eq!(poll(&mut body), Poll::Ready(Some("data: Hel\n\n".into())));
    fails(&mut body);
}

/// Not at once, so that what came before is written.
fn fails(body: &mut (impl Body<Data = Bytes> + Unpin)) {
    assert_eq!(poll(body), Poll::Pending);
    let polled = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Some(Err(_)))));
}

#[test]
fn a_body_of_frames_that_do_not_break_off_is_complete() {
    let answer = [Ok::<_, &str>(Block::event("Hello").to_frame())];
    let mut body = Sink::new(TryFrames::new(stream::iter(answer)));
    for sent in [": \n\n", "data: Hello\n\n"] {
        assert_eq!(poll(&mut body), Poll::Ready(Some(sent.into())));
    }
    assert_eq!(poll(&mut body), Poll::Ready(None));
}
