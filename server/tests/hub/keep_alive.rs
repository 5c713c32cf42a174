//! Comments on streams that would otherwise be silent.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use esse_server::{Hub, Record};
use futures_util::Future;

use crate::polling::{Polled, event, wire};

const COMMENT: &str = ": \n\n";

/// A timer that the test controls.
#[derive(Clone, Default)]
pub(crate) struct Timer(Arc<Mutex<Vec<Duration>>>);

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

pub(crate) struct Beats(std::pin::Pin<Box<dyn Future<Output = ()>>>);

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
pub(crate) fn hub_with_beats() -> (Hub, Timer, Beats) {
    let (hub, timer) = (Hub::new(), Timer::default());
    let sleeper = timer.clone();
    let sleep = move |time| sleeper.sleep(time);
    let mut beats = Beats(Box::pin(hub.keep_alive(Duration::from_secs(15), sleep)));
    assert!(!beats.poll());
    (hub, timer, beats)
}

impl Beats {
    /// Lets a third of the interval pass.
    pub(crate) fn third(&mut self) {
        for _ in 0..64 {
            self.poll();
        }
    }
}

#[test]
fn a_silent_subscriber_is_woken_to_send_a_comment() {
    let (hub, timer, mut beats) = hub_with_beats();
    let mut subscriber = Polled::of(&hub, &["a"]);
    assert_eq!(subscriber.ready(), Vec::<String>::new());

    beats.third();
    beats.third();
    assert_eq!(subscriber.wakes(), 0);
    beats.third();
    assert_eq!(subscriber.wakes(), 1);
    assert_eq!(subscriber.ready(), [COMMENT]);
    assert_eq!(hub.metrics().keep_alives, 1);
    let asked = timer.0.lock().unwrap().clone();
    // Less, if this test was slow.
    let part = Duration::from_millis(78);
    assert!(asked.iter().all(|time| *time <= part), "{asked:?}");
}

#[test]
fn an_event_puts_the_comment_off() {
    let (hub, _, mut beats) = hub_with_beats();
    let mut subscriber = Polled::live(&hub);
    beats.third();
    beats.third();
    hub.publish(event(1, "a")).unwrap();
    assert_eq!(subscriber.ready(), [wire(1, "a")]);
    subscriber.wakes();
    beats.third();
    beats.third();
    assert_eq!(subscriber.wakes(), 0);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    beats.third();
    assert_eq!(subscriber.ready(), [COMMENT]);
}

#[test]
fn events_of_other_topics_do_not() {
    let (hub, _, mut beats) = hub_with_beats();
    let mut subscriber = Polled::of(&hub, &["a"]);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    for _ in 0..3 {
        hub.publish(event(1, "b")).unwrap();
        beats.third();
    }
    assert_eq!(subscriber.ready(), [COMMENT]);
}

#[test]
fn events_that_it_may_not_see_do_not() {
    let (hub, _, mut beats) = hub_with_beats();
    let mut subscriber = Polled::live(&hub);
    let mut sent = subscriber.ready();
    for _ in 0..3 {
        let secret = Record::new(&event(1, "a")).for_audience("you");
        hub.publish(secret).unwrap();
        beats.third();
        sent.extend(subscriber.ready());
    }
    assert_eq!(sent, [COMMENT]);
}

#[test]
fn a_keep_alive_can_carry_the_newest_id() {
    let hub = Hub::builder().keep_alives_have_ids().build();
    let timer = Timer::default();
    let sleep = move |time| timer.sleep(time);
    let mut beats = Beats(Box::pin(hub.keep_alive(Duration::from_secs(15), sleep)));
    assert!(!beats.poll());
    let mut silent = Polled::of(&hub, &["a"]);
    let mut guarded = Polled::new(hub.guard(futures_util::stream::pending()));
    assert_eq!((silent.ready(), guarded.ready()), (Vec::new(), Vec::new()));
    for (id, expected) in [
        (None, COMMENT),
        (Some(7), "id: 7\n\n"),
        (Some(8), "id: 8\n\n"),
    ] {
        if let Some(id) = id {
            hub.publish(event(id, "b")).unwrap();
        }
        (0..3).for_each(|_| beats.third());
        assert_eq!(silent.ready(), [expected]);
        assert_eq!(guarded.ready(), [COMMENT], "it has a stream of its own");
    }
    // So the client resumes from there.
    hub.publish(event(9, "a")).unwrap();
    let resumed = hub.subscribe().topics(crate::polling::topics(&["a"]));
    let resumed = resumed.last_event_id(esse_encoder::EventId::from(8)).open();
    assert_eq!(Polled::new(resumed).ready(), [wire(9, "a")]);
}

#[test]
fn short_intervals_take_several_steps_at_once() {
    let (hub, timer) = (Hub::new(), Timer::default());
    let sleeper = timer.clone();
    let sleep = move |time| sleeper.sleep(time);
    let interval = Duration::from_millis(30);
    let mut beats = Beats(Box::pin(hub.keep_alive(interval, sleep)));
    let mut subscriber = Polled::live(&hub);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    let mut sleeps = 0;
    while subscriber.wakes() == 0 {
        beats.poll();
        sleeps += 1;
        assert!(sleeps <= 30, "each is a millisecond");
    }
    assert!(sleeps >= 18, "two thirds of the interval");
    assert_eq!(timer.0.lock().unwrap().len(), sleeps);
}

#[test]
fn the_task_ends_with_the_hub() {
    let (hub, _, mut beats) = hub_with_beats();
    assert!(!beats.poll());
    drop(hub);
    assert!(beats.poll());
}
