//! Comments on streams that would otherwise be silent.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use esse_server::Hub;
use futures_util::Future;

use crate::polling::{Polled, event, wire};

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
    /// Ends the current sleep. Returns whether the task has ended.
    fn poll(&mut self) -> bool {
        self.0
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }
}

/// The interval is 15 seconds.
fn hub_with_beats() -> (Hub, Timer, Beats) {
    let (hub, timer) = (Hub::new(), Timer::default());
    let sleeper = timer.clone();
    let sleep = move |time| sleeper.sleep(time);
    let mut beats = Beats(Box::pin(hub.keep_alive(Duration::from_secs(15), sleep)));
    assert!(!beats.poll());
    (hub, timer, beats)
}

#[test]
fn a_silent_subscriber_is_woken_to_send_a_comment() {
    let (hub, timer, mut beats) = hub_with_beats();
    let mut subscriber = Polled::of(&hub, &["a"]);
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
    let third = Duration::from_secs(5);
    assert_eq!(asked, [third; 4], "three beats an interval");
}

#[test]
fn an_event_puts_the_comment_off() {
    let (hub, _, mut beats) = hub_with_beats();
    let mut subscriber = Polled::live(&hub);
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
    let (hub, _, mut beats) = hub_with_beats();
    let mut subscriber = Polled::of(&hub, &["a"]);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    for _ in 0..3 {
        hub.publish(event(1, "b")).unwrap();
        beats.poll();
    }
    assert_eq!(subscriber.ready(), [COMMENT]);
}

#[test]
fn the_task_ends_with_the_hub() {
    let (hub, _, mut beats) = hub_with_beats();
    assert!(!beats.poll());
    drop(hub);
    assert!(beats.poll());
}
