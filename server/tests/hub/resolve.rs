//! A handler can wait until it is known whether the history has the last event ID.

use std::sync::{Arc, Mutex};

use esse_encoder::EventId;
use esse_server::log::{AppendError, Log, LogFuture, Page};
use esse_server::{GapCause, Hub, Opened, Record, Subscriber};
use futures_util::FutureExt;

use crate::polling::{Polled, event, wire};

/// A log that is out of reach until it is opened.
#[derive(Clone, Debug)]
struct SlowLog {
    hub: Hub,
    is_open: Arc<Mutex<bool>>,
    asked: Arc<Mutex<usize>>,
}

impl Log for SlowLog {
    fn append(&self, record: Record) -> LogFuture<'_, Result<(), AppendError>> {
        self.hub.append(record)
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        *self.asked.lock().unwrap() += 1;
        Box::pin(async move {
            while !*self.is_open.lock().unwrap() {
                tokio::task::yield_now().await;
            }
            self.hub.after(id).await
        })
    }
}

/// A log that has the events 1 to 5, of which the first is forgotten, and a hub beside it.
fn log_and_hub() -> (SlowLog, Hub) {
    let log = SlowLog {
        hub: Hub::builder().keep_events(4).remember_events(0).build(),
        is_open: Arc::default(),
        asked: Arc::default(),
    };
    log.hub
        .publish_all((1..=5).map(|id| event(id, "a")))
        .unwrap();
    let hub = Hub::builder().history(Arc::new(log.clone())).build();
    (log, hub)
}

fn resolve(subscriber: &mut Polled<Subscriber>) -> Option<Opened> {
    let resolved = subscriber
        .stream
        .as_mut()
        .get_mut()
        .resolve()
        .now_or_never();
    resolved.cloned()
}

#[test]
fn an_id_that_the_history_has() {
    let (log, hub) = log_and_hub();
    let mut subscriber = Polled::after(&hub, 3);
    assert!(
        resolve(&mut subscriber).is_none(),
        "the log is out of reach"
    );
    *log.is_open.lock().unwrap() = true;
    for _ in 0..3 {
        assert!(matches!(
            resolve(&mut subscriber),
            Some(Opened::FromHistory)
        ));
    }
    assert_eq!(subscriber.ready(), [wire(4, "a"), wire(5, "a")]);
    assert_eq!(
        *log.asked.lock().unwrap(),
        2,
        "once for the page, once for its end"
    );
    assert_eq!(hub.metrics().gaps.unknown_id, 0);
}

#[test]
fn an_id_that_it_no_longer_has() {
    let (log, hub) = log_and_hub();
    *log.is_open.lock().unwrap() = true;
    let mut subscriber = Polled::after(&hub, 1_000);
    let Some(Opened::Gap(gap)) = resolve(&mut subscriber) else {
        panic!("{:?}", subscriber.stream.opened());
    };
    assert_eq!(gap.cause, GapCause::UnknownId);
    assert_eq!(gap.last_event_id, Some(EventId::from(1_000)));
    // What it sends is the same as without asking.
    let sent = subscriber.ready();
    let mut other = Polled::after(&hub, 1_000);
    assert_eq!(sent, other.ready());
    assert_eq!(hub.metrics().gaps.unknown_id, 2);
}

#[test]
fn without_a_history_it_is_known_at_once() {
    let hub = Hub::new();
    hub.publish(event(1, "a")).unwrap();
    let resolved = |mut one| resolve(&mut one);
    assert!(matches!(resolved(Polled::live(&hub)), Some(Opened::Fresh)));
    let resumed = resolved(Polled::after(&hub, 1));
    assert!(matches!(resumed, Some(Opened::Resumed { events: 0 })));
}
