//! A subscriber that has read a log to its end and waits for the next record.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use esse_encoder::{Block, EventId, EventType};
use esse_server::log::Log;
use esse_server::{Hub, Subscriber, Topics};
use futures_util::{FutureExt, Stream, StreamExt};

#[derive(Default)]
struct Task(AtomicBool);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn event(id: u64) -> Block<'static> {
    Block::event(id.to_string()).id(EventId::from(id))
}

/// A log with one record after ID 1, and a hub that was not fed from it yet.
fn log_and_hub() -> (Hub, Hub) {
    let log = Hub::new();
    log.publish_all([1, 2].map(event)).unwrap();
    let history: Arc<dyn Log> = Arc::new(log.clone());
    (log, Hub::builder().history(history).build())
}

fn resume(hub: &Hub) -> Subscriber {
    let topics = Topics::of([EventType::from_static("message")]);
    let subscriber = hub.subscribe().last_event_id(EventId::from(1));
    let mut subscriber = subscriber.topics(topics).open();
    let replayed = subscriber.next().now_or_never().flatten().unwrap();
    assert_eq!(replayed.to_bytes(), "data: 2\nid: 2\n\n");
    subscriber
}

fn poll(subscriber: &mut Subscriber, task: &Arc<Task>) -> bool {
    let waker = Waker::from(Arc::clone(task));
    let polled = Pin::new(subscriber).poll_next(&mut Context::from_waker(&waker));
    matches!(polled, Poll::Ready(Some(_)))
}

#[test]
fn waiting_long_keeps_one_waker() {
    let (_log, hub) = log_and_hub();
    let mut subscriber = resume(&hub);
    let task = Arc::new(Task::default());
    for _ in 0..100 {
        assert!(!poll(&mut subscriber, &task));
    }
    assert!(
        Arc::strong_count(&task) <= 3,
        "one as a watcher, one as a subscriber"
    );

    let other = Arc::new(Task::default());
    assert!(!poll(&mut subscriber, &other));
    assert_eq!(Arc::strong_count(&task), 1);
}

#[test]
fn who_has_gone_keeps_no_waker() {
    let (_log, hub) = log_and_hub();
    let mut subscriber = resume(&hub);
    let task = Arc::new(Task::default());
    assert!(!poll(&mut subscriber, &task));
    drop(subscriber);
    assert_eq!(Arc::strong_count(&task), 1);
}

#[test]
fn next_record_is_seen_though_its_topic_is_not_wanted() {
    let (log, hub) = log_and_hub();
    let mut subscriber = resume(&hub);
    let task = Arc::new(Task::default());
    assert!(!poll(&mut subscriber, &task));
    let other = || event(3).event_type(EventType::from_static("other"));
    log.publish(other()).unwrap();
    hub.publish(other()).unwrap();
    assert!(task.0.load(Ordering::Relaxed));
    hub.publish(event(4)).unwrap();
    assert!(poll(&mut subscriber, &task));
}

#[test]
fn what_a_log_replays_is_counted_as_replayed() {
    let (_log, hub) = log_and_hub();
    let _subscriber = resume(&hub);
    assert_eq!(hub.metrics().replayed, 1);
}

#[test]
fn record_between_the_last_page_and_the_start_of_the_feed_is_not_waited_for() {
    let (log, hub) = log_and_hub();
    let mut subscriber = resume(&hub);
    let task = Arc::new(Task::default());
    assert!(!poll(&mut subscriber, &task));
    log.publish(event(3)).unwrap();
    hub.starts_after(EventId::from(3));
    assert!(task.0.load(Ordering::Relaxed));
    assert!(poll(&mut subscriber, &task), "the record with ID 3");
    hub.publish(event(4)).unwrap();
    let live = subscriber.next().now_or_never().flatten().unwrap();
    assert_eq!(live.to_bytes(), "data: 4\nid: 4\n\n");
}
