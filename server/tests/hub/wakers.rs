//! Which subscribers are woken, and which are not.

use std::task::Poll;
use std::time::Duration;

use esse_server::Hub;

use crate::polling::{Polled, event, wire};

#[test]
fn publishing_wakes_only_those_who_want_it() {
    let hub = Hub::new();
    let mut head = Polled::of(&hub, &["head"]);
    let mut all = Polled::live(&hub);
    assert_eq!((head.poll(), all.poll()), (Poll::Pending, Poll::Pending));

    hub.publish(event(1, "block")).unwrap();
    assert_eq!((head.wakes(), all.wakes()), (0, 1));

    hub.publish(event(2, "head")).unwrap();
    assert_eq!(head.wakes(), 1);
    assert_eq!(all.wakes(), 0, "it was woken and has not looked yet");
    assert_eq!(head.ready(), [wire(2, "head")]);
    assert_eq!(all.ready(), [wire(1, "block"), wire(2, "head")]);
}

#[test]
fn several_at_once_wake_once_and_are_all_ready() {
    let hub = Hub::new();
    let mut subscriber = Polled::live(&hub);
    assert_eq!(subscriber.poll(), Poll::Pending);
    hub.publish_all((0..10).map(|id| event(id, "a"))).unwrap();
    assert_eq!(subscriber.wakes(), 1);
    assert_eq!(subscriber.ready().len(), 10);
}

#[test]
fn a_subscriber_that_moves_to_another_task_is_woken_there() {
    let hub = Hub::new();
    let mut here = Polled::live(&hub);
    assert_eq!(here.poll(), Poll::Pending);
    let mut there = Polled::new(here.stream);
    assert_eq!(there.poll(), Poll::Pending);
    hub.publish(event(1, "a")).unwrap();
    assert_eq!(there.wakes(), 1);
}

#[test]
fn who_leaves_while_waiting_takes_no_one_elses_place() {
    let hub = Hub::new();
    let mut subscribers: Vec<_> = (0..5).map(|_| Polled::live(&hub)).collect();
    for subscriber in &mut subscribers {
        assert_eq!(subscriber.poll(), Poll::Pending);
    }
    subscribers.remove(1);
    subscribers.remove(3);
    subscribers.remove(0);
    hub.publish(event(1, "a")).unwrap();
    for subscriber in &mut subscribers {
        assert_eq!(subscriber.wakes(), 1);
        assert_eq!(subscriber.ready(), [wire(1, "a")]);
    }
}

#[test]
fn a_block_that_dispatches_nothing_goes_to_everybody() {
    let hub = Hub::new();
    let mut head = Polled::of(&hub, &["head"]);
    assert_eq!(head.poll(), Poll::Pending);
    hub.publish(esse_encoder::Block::new().retry(Duration::from_millis(100)))
        .unwrap();
    assert_eq!(head.wakes(), 1);
    assert_eq!(head.ready(), ["retry: 100\n\n"]);
}
