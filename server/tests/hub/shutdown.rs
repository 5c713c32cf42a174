//! A hub with open streams ends in bounded time.

use std::future::{Future, pending, ready};
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use esse_encoder::Block;
use esse_server::{Hub, PublishError};
use futures_util::FutureExt;

use crate::polling::{Polled, Wakes, event, wire};

#[test]
fn close_ends_at_once_with_the_last_block() {
    let hub = Hub::new();
    let mut subscriber = Polled::of(&hub, &["head"]);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    hub.publish(event(1, "head")).unwrap();
    subscriber.wakes();
    hub.close_with(&Block::new().retry(Duration::from_secs(9)));
    assert_eq!(subscriber.ready(), ["retry: 9000\n\n"]);
    assert!(subscriber.is_over());
    drop(subscriber);
    assert_eq!(hub.metrics().closed.shutdown, 1);
    assert_eq!(hub.publish(event(2, "head")), Err(PublishError::Closed));
}

#[test]
fn closing_and_draining_wake_those_who_wait() {
    for end in [|hub: &Hub| hub.close(), |hub: &Hub| hub.drain()] {
        let hub = Hub::new();
        let mut subscriber = Polled::of(&hub, &["head"]);
        assert_eq!(subscriber.ready(), Vec::<String>::new());
        end(&hub);
        assert_eq!(subscriber.wakes(), 1);
        assert!(subscriber.is_over());
    }
}

#[test]
fn drain_sends_what_was_published_and_then_the_last_block() {
    let hub = Hub::new();
    let mut subscriber = Polled::live(&hub);
    hub.publish_all([event(1, "a"), event(2, "a")]).unwrap();
    hub.drain_with(&Block::event("bye"));
    assert_eq!(hub.publish(event(3, "a")), Err(PublishError::Closed));
    let expected = [wire(1, "a"), wire(2, "a"), "data: bye\n\n".into()];
    assert_eq!(subscriber.ready(), expected);
    assert!(subscriber.is_over());
}

#[test]
fn who_comes_after_the_end_gets_the_last_block_alone() {
    let hub = Hub::new();
    hub.publish(event(1, "a")).unwrap();
    hub.close_with(&Block::new().retry(Duration::from_millis(1)));
    let mut late = Polled::after(&hub, 0);
    assert_eq!(late.ready(), ["retry: 1\n\n"]);
    assert!(late.is_over());
}

#[test]
fn the_last_handle_drains() {
    let hub = Hub::new();
    let other = hub.clone();
    let mut subscriber = Polled::live(&hub);
    drop(hub);
    other.publish(event(1, "a")).unwrap();
    drop(other);
    assert_eq!(subscriber.ready(), [wire(1, "a")]);
    assert!(subscriber.is_over());
}

#[test]
fn draining_waits_for_the_subscribers_but_not_for_ever() {
    let hub = Hub::new();
    let stalled = hub.subscribe().open();
    let time = Duration::from_secs(5);

    let mut drained = Box::pin(hub.drain_within(time, |_| pending::<()>()));
    assert_eq!(drained.as_mut().now_or_never(), None, "one is still there");
    drop(drained);

    let over = hub.drain_within(time, |_| ready(())).now_or_never();
    assert_eq!(over, Some(1), "the time is over, and one does not read");
    assert!(Polled::new(stalled).is_over());
    assert_eq!(hub.metrics().open, 0);
}

#[test]
fn the_last_to_leave_ends_the_wait() {
    let hub = Hub::new();
    let subscriber = hub.subscribe().open();
    let emptied = hub.clone();
    let waiting = std::thread::spawn(move || futures_executor::block_on(emptied.emptied()));
    drop(subscriber);
    waiting.join().unwrap();
}

#[test]
fn a_wait_that_was_given_up_leaves_no_waker() {
    let hub = Hub::new();
    let _subscriber = hub.subscribe().open();
    let counted = Arc::new(Wakes::default());
    for _ in 0..3 {
        let waker = Waker::from(Arc::clone(&counted));
        let mut cx = Context::from_waker(&waker);
        let mut emptied = Box::pin(hub.emptied());
        let mut drained = Box::pin(hub.drain_within(Duration::MAX, |_| pending()));
        assert!(emptied.as_mut().poll(&mut cx).is_pending());
        assert!(drained.as_mut().poll(&mut cx).is_pending());
        assert!(Arc::strong_count(&counted) > 2, "they wait");
    }
    assert_eq!(Arc::strong_count(&counted), 1);
}
