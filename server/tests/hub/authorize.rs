//! A subscriber gets nothing that it may not see, live or replayed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use esse_encoder::EventId;
use esse_server::{Hub, Record};

use crate::polling::{Polled, event, wire};

fn addressed(id: u64, audience: &str) -> Record {
    Record::new(&event(id, "a")).for_audience(audience)
}

#[test]
fn replay_passes_the_same_filter_as_live() {
    let hub = Hub::new();
    hub.publish(addressed(1, "ann")).unwrap();
    hub.publish(addressed(2, "bob")).unwrap();
    hub.publish(addressed(3, "ann")).unwrap();

    let only_ann = |record: &Record| record.audience() == Some("ann");
    let subscriber = hub.subscribe().last_event_id(EventId::from(1));
    let mut ann = Polled::new(subscriber.authorize(only_ann).open());
    hub.publish(addressed(4, "bob")).unwrap();
    hub.publish(addressed(5, "ann")).unwrap();

    assert_eq!(ann.ready(), [wire(3, "a"), wire(5, "a")]);
    assert_eq!(hub.metrics().denied, 2);
    assert_eq!(hub.metrics().sent, 2);
}

#[test]
fn a_permission_that_is_withdrawn_holds_for_what_was_published_before() {
    let hub = Hub::new();
    let allowed = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&allowed);
    let may_see = move |_: &Record| asked.load(Ordering::SeqCst);
    let mut subscriber = Polled::new(hub.subscribe().authorize(may_see).open());
    hub.publish(event(1, "a")).unwrap();
    allowed.store(false, Ordering::SeqCst);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
}

#[test]
fn the_hook_may_use_the_hub() {
    let hub = Hub::new();
    let inner = hub.clone();
    let may_see = move |_: &Record| inner.metrics().open == 1;
    let mut subscriber = Polled::new(hub.subscribe().authorize(may_see).open());
    hub.publish(event(1, "a")).unwrap();
    assert_eq!(subscriber.ready(), [wire(1, "a")]);
}
