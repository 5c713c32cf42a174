//! The hub under every interleaving of its threads: `scripts/loom`.

#![cfg(esse_loom)]
#![allow(clippy::unwrap_used, missing_docs)]

use esse_encoder::{Block, Frame};
use esse_server::{Hub, Subscriber};
use futures_util::StreamExt;
use loom::future::block_on;
use loom::thread;

fn data(frame: Option<Frame>) -> Option<String> {
    frame.map(|frame| String::from_utf8(frame.to_bytes().to_vec()).unwrap())
}

fn read(mut subscriber: Subscriber, events: usize) -> Vec<Option<String>> {
    (0..events)
        .map(|_| data(block_on(subscriber.next())))
        .collect()
}

fn wire(text: &str) -> Option<String> {
    Some(format!("data: {text}\n\n"))
}

#[test]
fn no_wake_up_is_lost() {
    loom::model(|| {
        let hub = Hub::new();
        let subscriber = hub.subscribe().open();
        let reader = thread::spawn(move || read(subscriber, 2));
        hub.publish(Block::event("a")).unwrap();
        hub.publish(Block::event("b")).unwrap();
        assert_eq!(reader.join().unwrap(), [wire("a"), wire("b")]);
    });
}

#[test]
fn two_publishers_are_seen_in_one_order() {
    loom::model(|| {
        let hub = Hub::new();
        let (one, two) = (hub.subscribe().open(), hub.subscribe().open());
        let other = hub.clone();
        let publisher = thread::spawn(move || other.publish(Block::event("a")).unwrap());
        hub.publish(Block::event("b")).unwrap();
        publisher.join().unwrap();
        assert_eq!(read(one, 2), read(two, 2));
    });
}

#[test]
fn closing_reaches_who_waits() {
    loom::model(|| {
        let hub = Hub::new();
        let subscriber = hub.subscribe().open();
        let reader = thread::spawn(move || read(subscriber, 1));
        hub.close();
        assert_eq!(reader.join().unwrap(), [None]);
    });
}

#[test]
fn the_last_handle_ends_who_waits() {
    loom::model(|| {
        let hub = Hub::new();
        let subscriber = hub.subscribe().open();
        let reader = thread::spawn(move || read(subscriber, 2));
        hub.publish(Block::event("a")).unwrap();
        drop(hub);
        assert_eq!(reader.join().unwrap(), [wire("a"), None]);
    });
}

#[test]
fn leaving_while_something_is_published_leaves_nothing_behind() {
    loom::model(|| {
        let hub = Hub::new();
        let (stays, leaves) = (hub.subscribe().open(), hub.subscribe().open());
        let leaver = thread::spawn(move || drop(leaves));
        let reader = thread::spawn(move || read(stays, 1));
        hub.publish(Block::event("a")).unwrap();
        leaver.join().unwrap();
        assert_eq!(reader.join().unwrap(), [wire("a")]);
        assert_eq!(hub.metrics().open, 0);
    });
}

#[test]
fn who_waits_for_the_last_to_leave_is_told() {
    loom::model(|| {
        let hub = Hub::new();
        let subscriber = hub.subscribe().open();
        let leaver = thread::spawn(move || drop(subscriber));
        block_on(hub.emptied());
        leaver.join().unwrap();
    });
}
