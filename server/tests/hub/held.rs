//! Payloads that left the history while connections still hold them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use esse_encoder::{Block, EventId, Frame};
use esse_server::{Hub, Record, Subscriber};
use futures_util::Stream;

use crate::polling::Polled;

const LARGE: usize = 1 << 20;

fn hub() -> Hub {
    Hub::builder().keep_bytes(2 * LARGE).build()
}

fn publish(hub: &Hub) {
    hub.publish(Block::event("x".repeat(LARGE))).unwrap();
}

/// The next frame, which the test holds as a connection does that cannot write it.
fn take(subscriber: &mut Polled<Subscriber>) -> Frame {
    let stream: Pin<&mut Subscriber> = subscriber.stream.as_mut();
    match stream.poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(frame)) => frame,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_that_holds_the_oldest_is_ended() {
    let hub = hub();
    let mut fast = Polled::live(&hub);
    let mut stalled = Vec::new();
    for _ in 0..10 {
        publish(&hub);
        assert_eq!(fast.ready().len(), 1);
        let mut slow = Polled::live(&hub);
        publish(&hub);
        assert_eq!(fast.ready().len(), 1);
        stalled.push((take(&mut slow), slow));
        assert!(hub.metrics().held_bytes <= 2 * LARGE);
    }
    let ended = stalled
        .iter_mut()
        .filter_map(|(_, slow)| slow.is_over().then_some(()));
    let ended = ended.count() as u64;
    assert!((7..10).contains(&ended), "{ended} were ended");
    assert!(!fast.is_over());
    drop(stalled);
    assert_eq!(hub.metrics().closed.stalled, ended);
    assert_eq!(hub.metrics().held_bytes, 0);
}

#[test]
fn what_is_in_the_history_is_not_held() {
    let hub = hub();
    let mut slow = Polled::live(&hub);
    publish(&hub);
    let frame = take(&mut slow);
    assert_eq!(hub.metrics().held_bytes, 0);
    publish(&hub);
    publish(&hub);
    assert_eq!(hub.metrics().held_bytes, frame.len());
    drop(frame);
    assert_eq!(hub.metrics().held_bytes, 0);
}

/// They share its bytes, and neither what it counts for nor who holds it.
#[test]
fn one_record_in_two_hubs_is_held_in_that_which_evicted_it() {
    let tight = Hub::builder().keep_events(1).hold_bytes(0).build();
    let roomy = Hub::new();
    let mut slow = Polled::live(&roomy);
    let record = Record::new(&Block::event("x".repeat(LARGE)));
    tight.publish(record.clone()).unwrap();
    roomy.publish(record).unwrap();
    let frame = take(&mut slow);
    (0..3).for_each(|_| publish(&tight));
    assert_eq!(tight.metrics().held_bytes, 0);
    roomy.publish(Block::event("next")).unwrap();
    assert_eq!(slow.ready(), ["data: next\n\n"]);
    drop(frame);
}

#[test]
fn a_hub_that_reads_from_another_cuts_off_none_of_its_clients() {
    let log = Hub::new();
    let first = Block::event("first").id(EventId::from(1));
    log.publish(first).unwrap();
    let mut of_log = Polled::live(&log);
    for id in 2..4 {
        let large = Block::event("x".repeat(LARGE)).id(EventId::from(id));
        log.publish(large).unwrap();
    }
    let held = take(&mut of_log);
    let hub = Hub::builder().history(Arc::new(log.clone())).hold_bytes(0);
    let hub = hub.build();
    let mut subscriber = Polled::after(&hub, 1);
    let frames = [take(&mut subscriber), take(&mut subscriber)];
    assert!(subscriber.is_over(), "it holds too much");
    assert_eq!(of_log.ready().len(), 1);
    assert!(!of_log.is_over());
    drop((held, frames));
}
