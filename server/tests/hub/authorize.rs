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

    let only_ann = |audience: &str| audience == "ann";
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
    let may_see = move |_: &str| asked.load(Ordering::SeqCst);
    let mut subscriber = Polled::new(hub.subscribe().authorize(may_see).open());
    hub.publish(addressed(1, "ann")).unwrap();
    allowed.store(false, Ordering::SeqCst);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
}

#[test]
fn the_hook_may_use_the_hub() {
    let hub = Hub::new();
    let inner = hub.clone();
    let may_see = move |_: &str| inner.metrics().open == 1;
    let mut subscriber = Polled::new(hub.subscribe().authorize(may_see).open());
    hub.publish(addressed(1, "ann")).unwrap();
    assert_eq!(subscriber.ready(), [wire(1, "a")]);
}

#[test]
fn without_a_function_nothing_with_an_audience_is_sent() {
    let hub = Hub::new();
    hub.publish(event(0, "a")).unwrap();
    let mut live = Polled::live(&hub);
    hub.publish(addressed(1, "ann")).unwrap();
    hub.publish(event(2, "a")).unwrap();
    assert_eq!(live.ready(), [wire(2, "a")]);
    assert_eq!(Polled::after(&hub, 0).ready(), [wire(2, "a")]);
    assert_eq!(hub.metrics().denied, 2);
}

#[test]
fn a_subscriber_that_may_see_nothing_lets_others_have_their_turn() {
    let hub = Hub::new();
    let mut anonymous = Polled::live(&hub);
    hub.publish_all((0..1000).map(|id| addressed(id, "ann")))
        .unwrap();
    let mut polls = 0;
    while anonymous.poll().is_pending() && anonymous.wakes() > 0 {
        polls += 1;
    }
    assert!(polls > 5, "{polls} polls for 1000 records");
    assert_eq!(hub.metrics().denied, 1000);
}
