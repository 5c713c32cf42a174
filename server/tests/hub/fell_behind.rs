//! A hub that missed records of its log reports that to every subscriber, once.

use esse_encoder::Block;
use esse_server::{Hub, Recovery};

use crate::polling::{Polled, event, wire};

const MISSED: &str = ": missed\n\n";

fn hub(recovery: fn() -> Recovery) -> Hub {
    let notice = move || recovery().with(&Block::new().comment("missed"));
    Hub::builder().on_gap(move |_| notice()).build()
}

fn publish(hub: &Hub, ids: &[u64]) {
    let events = ids.iter().map(|id| event(*id, "a"));
    hub.publish_all(events).unwrap();
}

#[test]
fn live_subscribers_get_a_gap_once() {
    let hub = hub(Recovery::oldest);
    let (mut any, mut of_other) = (Polled::live(&hub), Polled::of(&hub, &["other"]));
    publish(&hub, &[1]);
    assert_eq!(any.ready(), [wire(1, "a")]);
    assert_eq!(of_other.ready(), [""; 0]);

    hub.fell_behind();
    assert_eq!(any.ready(), [MISSED]);
    publish(&hub, &[4]);
    assert_eq!(any.ready(), [wire(4, "a")]);
    let which_topic_is_not_known = ": missed\nid: 4\n\n";
    assert_eq!(of_other.ready(), [which_topic_is_not_known]);
    assert_eq!(hub.metrics().gaps.fell_behind, 2);
}

#[test]
fn what_was_not_read_before_the_gap_is_kept_no_more() {
    let hub = hub(Recovery::oldest);
    let mut slow = Polled::live(&hub);
    publish(&hub, &[1, 2]);
    hub.fell_behind();
    publish(&hub, &[5, 6]);
    assert_eq!(slow.ready(), [MISSED, &wire(5, "a"), &wire(6, "a")]);
    assert_eq!(hub.metrics().kept, 2);
}

#[test]
fn waiting_subscriber_is_woken_and_ended() {
    let hub = hub(Recovery::close);
    let mut subscriber = Polled::live(&hub);
    assert!(subscriber.poll().is_pending());
    hub.fell_behind();
    assert_eq!(subscriber.wakes(), 1);
    assert_eq!(subscriber.ready(), [MISSED]);
    assert!(subscriber.is_over());
    drop(subscriber);
    assert_eq!(hub.metrics().closed.fell_behind, 1);
}

#[test]
fn nobody_resumes_across_the_gap() {
    let hub = hub(Recovery::newest);
    publish(&hub, &[1, 2]);
    hub.fell_behind();
    publish(&hub, &[5]);
    for id in [1, 2] {
        let skipped = ": missed\nid: 5\n\n";
        assert_eq!(Polled::after(&hub, id).ready(), [skipped]);
    }
    assert_eq!(Polled::after(&hub, 5).ready(), [""; 0]);
}

#[test]
fn who_comes_after_the_gap_has_missed_nothing() {
    let hub = hub(Recovery::oldest);
    publish(&hub, &[1]);
    hub.fell_behind();
    let mut subscriber = Polled::live(&hub);
    publish(&hub, &[5]);
    assert_eq!(subscriber.ready(), [wire(5, "a")]);
}

#[test]
fn a_hub_that_is_over_is_left_alone() {
    let hub = hub(Recovery::oldest);
    let mut subscriber = Polled::live(&hub);
    publish(&hub, &[1]);
    hub.drain();
    hub.fell_behind();
    assert_eq!(subscriber.ready(), [wire(1, "a")]);
}
