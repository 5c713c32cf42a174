//! A subscriber that has read a log to its end and waits for the next record.

use std::sync::Arc;

use esse_encoder::EventId;
use esse_server::log::Log;
use esse_server::{Hub, Subscriber};

use crate::polling::{Polled, event, topics, wire};

/// A log with one record after ID 1, and a hub that was not fed from it yet.
fn log_and_hub() -> (Hub, Hub) {
    let log = Hub::new();
    log.publish_all([1, 2].map(|id| event(id, "a"))).unwrap();
    let history: Arc<dyn Log> = Arc::new(log.clone());
    (log, Hub::builder().history(history).build())
}

fn resume(hub: &Hub) -> Polled<Subscriber> {
    let subscriber = hub.subscribe().last_event_id(EventId::from(1));
    let mut subscriber = Polled::new(subscriber.topics(topics(&["a"])).open());
    assert_eq!(subscriber.ready(), [wire(2, "a")]);
    subscriber
}

#[test]
fn waiting_long_keeps_one_waker() {
    let (_log, hub) = log_and_hub();
    let Polled { stream, .. } = resume(&hub);
    let mut here = Polled {
        stream,
        wakes: Arc::default(),
    };
    for _ in 0..100 {
        assert!(here.poll().is_pending());
    }
    let Polled { stream, wakes } = here;
    let held = Arc::strong_count(&wakes);
    assert!(held <= 3, "one as a watcher, one as a subscriber");

    let mut there = Polled {
        stream,
        wakes: Arc::default(),
    };
    assert!(there.poll().is_pending());
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn who_has_gone_keeps_no_waker() {
    let (_log, hub) = log_and_hub();
    let mut subscriber = resume(&hub);
    assert!(subscriber.poll().is_pending());
    let wakes = Arc::clone(&subscriber.wakes);
    drop(subscriber);
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn next_record_is_seen_though_its_topic_is_not_wanted() {
    let (log, hub) = log_and_hub();
    let mut subscriber = resume(&hub);
    assert!(subscriber.poll().is_pending());
    subscriber.wakes();
    log.publish(event(3, "other")).unwrap();
    hub.publish(event(3, "other")).unwrap();
    assert!(subscriber.wakes() > 0);
    hub.publish(event(4, "a")).unwrap();
    assert_eq!(subscriber.ready(), [wire(4, "a")]);
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
    assert!(subscriber.poll().is_pending());
    subscriber.wakes();
    log.publish(event(3, "a")).unwrap();
    hub.starts_after(&EventId::from(3));
    assert!(subscriber.wakes() > 0);
    assert_eq!(subscriber.ready(), [wire(3, "a")]);
    hub.publish(event(4, "a")).unwrap();
    assert_eq!(subscriber.ready(), [wire(4, "a")]);
}
