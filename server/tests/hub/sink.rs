//! The body: what it passes on, and when.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use esse_encoder::{Block, Data};
use esse_server::{Hub, Sink};
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
