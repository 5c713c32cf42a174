//! Payloads that left the history while connections still hold them.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use esse_encoder::{Block, Frame};
use esse_server::{Hub, Subscriber};
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
