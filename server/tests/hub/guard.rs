//! Streams of the application's own, with a hub's keep-alives and shutdown.

use std::convert::Infallible;
use std::task::Poll;

use bytes::Bytes;
use esse_encoder::{Block, Frame};
use esse_server::{Hub, Record, Sink, TryFrames, UnfinishedEvent};
use futures_executor::block_on;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use http_body_util::BodyExt;

use crate::keep_alive::hub_with_beats;
use crate::polling::{Polled, event, wire};

fn frames(texts: &'static [&'static str]) -> impl futures_util::Stream<Item = Frame> {
    stream::iter(texts).map(|text| Block::event(*text).to_frame())
}

#[test]
fn it_ends_with_its_source_and_gets_nothing_that_is_published() {
    let hub = Hub::new();
    let mut guarded = Polled::new(hub.guard(frames(&["a", "b"])));
    hub.publish(event(1, "x")).unwrap();
    assert_eq!(guarded.ready(), ["data: a\n\n", "data: b\n\n"]);
    assert!(guarded.is_over());
    drop(guarded);
    assert_eq!(hub.metrics().closed.finished, 1);
    assert_eq!(hub.metrics().sent, 2);
}

#[test]
fn closing_cuts_it_off() {
    let hub = Hub::new();
    let mut guarded = Polled::new(hub.guard(frames(&["a", "b"])));
    assert!(guarded.poll().is_ready());
    hub.close_with(&Block::event("cut"));
    assert_eq!(guarded.ready(), ["data: cut\n\n"]);
    assert!(guarded.is_over());
}

#[test]
fn closing_wakes_one_whose_source_has_nothing() {
    let hub = Hub::new();
    let mut guarded = Polled::new(hub.guard(stream::pending()));
    assert!(guarded.poll().is_pending());
    hub.close();
    assert_eq!(guarded.wakes(), 1);
    assert!(guarded.is_over());
    drop(guarded);
    assert_eq!(hub.metrics().closed.shutdown, 1);
}

#[test]
fn draining_lets_it_run_to_its_end_unless_closed_in_between() {
    let hub = Hub::new();
    let mut finishes = Polled::new(hub.guard(frames(&["a"])));
    let mut hangs = Polled::new(hub.guard(frames(&["b"]).chain(stream::pending())));
    assert_eq!(hangs.ready(), ["data: b\n\n"]);
    hub.drain_with(&Block::event("bye"));
    assert_eq!(finishes.ready(), ["data: a\n\n", "data: bye\n\n"]);
    assert_eq!(hangs.ready(), Vec::<String>::new());
    assert!(!hangs.is_over());
    hub.close();
    assert!(hangs.wakes() > 0);
    assert!(hangs.is_over());
}

/// Events of another hub.
#[test]
fn a_keep_alive_does_not_come_within_an_event() {
    let ((hub, _, mut beats), other) = (hub_with_beats(), Hub::new());
    let mut guarded = Polled::new(hub.guard(other.subscribe().open()));
    other.publish(event(1, "a")).unwrap();
    assert_eq!(guarded.ready(), [wire(1, "a")]);
    (0..3).for_each(|_| beats.third());
    assert_eq!(guarded.ready(), [": \n\n"]);

    other.publish(endless()).unwrap();
    assert_eq!(guarded.ready().concat(), "data: begin");
    (0..6).for_each(|_| beats.third());
    assert_eq!(guarded.poll(), Poll::Pending);
}

#[test]
fn one_that_is_closed_within_an_event_is_unfinished() {
    let (hub, other) = (Hub::new(), Hub::new());
    let mut body = Box::pin(Sink::new(hub.guard(other.subscribe().open())).collect());
    other.publish(endless()).unwrap();
    assert!(body.as_mut().now_or_never().is_none());
    hub.close_with(&Block::event("cut"));
    let _: UnfinishedEvent = block_on(body).unwrap_err();
}

#[test]
fn one_that_breaks_off_is_counted_so() {
    let (hub, other) = (Hub::new(), Hub::new());
    let gone = || TryFrames::new(stream::iter([Err("upstream is gone")]));
    block_on(Sink::new(hub.guard(gone())).collect()).unwrap_err();
    // Not in a body.
    block_on(hub.guard(gone()).collect::<Vec<_>>());
    // Its source is ended within an event, or ends there by itself.
    let subscriber = other.subscribe().owner("ada").open();
    let mut ended = Box::pin(Sink::new(hub.guard(subscriber)).collect());
    let cut = hub.guard(other.subscribe().open().take(1));
    other.publish(endless()).unwrap();
    assert!(ended.as_mut().now_or_never().is_none());
    other.end_all_of("ada", None);
    block_on(ended).unwrap_err();
    block_on(Sink::new(cut).collect()).unwrap_err();
    assert_eq!(hub.metrics().closed.source_failed, 4);
    assert_eq!(hub.metrics().closed.finished, 0);
}

/// An event whose data begins, and then waits for ever.
fn endless() -> Record {
    let open = || {
        let begin = stream::iter([Ok::<_, Infallible>(Bytes::from("begin"))]);
        begin.chain(stream::pending())
    };
    Record::from_source(Block::new(), open)
}
