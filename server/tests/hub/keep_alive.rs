//! Comments on streams that would otherwise be silent.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use esse_server::Hub;
use futures_util::Future;

use crate::polling::{Polled, event, topics, wire};

const COMMENT: &str = ": \n\n";

/// A timer that the test controls.
#[derive(Clone, Default)]
struct Timer(Arc<Mutex<Vec<Duration>>>);

impl Timer {
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + use<> {
        self.0.lock().unwrap().push(time);
        let mut polled = false;
        std::future::poll_fn(move |_| {
            let over = std::mem::replace(&mut polled, true);
            if over { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

struct Beats(std::pin::Pin<Box<dyn Future<Output = ()>>>);

impl Beats {
    fn new(hub: &Hub, timer: &Timer, interval: Duration) -> Self {
        let timer = timer.clone();
        let mut beats = Self(Box::pin(
            hub.keep_alive(interval, move |time| timer.sleep(time)),
        ));
        assert!(!beats.poll());
        beats
    }

    /// Ends the current sleep. Returns whether the task has ended.
    fn poll(&mut self) -> bool {
        self.0
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }
}

#[test]
fn a_silent_subscriber_is_woken_to_send_a_comment() {
    let (hub, timer) = (Hub::new(), Timer::default());
    let mut beats = Beats::new(&hub, &timer, Duration::from_secs(15));
    let mut subscriber = Polled::new(hub.subscribe().topics(topics(&["a"])).open());
    assert_eq!(subscriber.ready(), Vec::<String>::new());

    for _ in 0..2 {
        beats.poll();
        assert_eq!(subscriber.wakes(), 0);
    }
    beats.poll();
    assert_eq!(subscriber.wakes(), 1);
    assert_eq!(subscriber.ready(), [COMMENT]);
    assert_eq!(hub.metrics().keep_alives, 1);
    let asked = timer.0.lock().unwrap().clone();
    assert_eq!(
        asked,
        [Duration::from_secs(5); 4],
        "three beats an interval"
    );
}

#[test]
fn an_event_puts_the_comment_off() {
    let (hub, timer) = (Hub::new(), Timer::default());
    let mut beats = Beats::new(&hub, &timer, Duration::from_secs(15));
    let mut subscriber = Polled::new(hub.subscribe().open());
    beats.poll();
    beats.poll();
    hub.publish(event(1, "a")).unwrap();
    assert_eq!(subscriber.ready(), [wire(1, "a")]);
    subscriber.wakes();
    beats.poll();
    beats.poll();
    assert_eq!(subscriber.wakes(), 0);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    beats.poll();
    assert_eq!(subscriber.ready(), [COMMENT]);
}

#[test]
fn events_of_other_topics_do_not() {
    let (hub, timer) = (Hub::new(), Timer::default());
    let mut beats = Beats::new(&hub, &timer, Duration::from_secs(15));
    let mut subscriber = Polled::new(hub.subscribe().topics(topics(&["a"])).open());
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    for _ in 0..3 {
        hub.publish(event(1, "b")).unwrap();
        beats.poll();
    }
    assert_eq!(subscriber.ready(), [COMMENT]);
}

#[test]
fn the_task_ends_with_the_hub() {
    let (hub, timer) = (Hub::new(), Timer::default());
    let mut beats = Beats::new(&hub, &timer, Duration::from_secs(15));
    assert!(!beats.poll());
    drop(hub);
    assert!(beats.poll());
}
