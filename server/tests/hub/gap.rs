//! Subscribers that missed events.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use esse_encoder::{Block, EventId};
use esse_server::{Gap, GapCause, Hub, Keep, Opened, Record, Recovery};

use crate::polling::{Polled, event, wire};

fn small(recovery: fn() -> Recovery) -> (Hub, Arc<Mutex<Vec<Gap>>>) {
    let gaps = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&gaps);
    let hub = Hub::builder().keep_events(3).on_gap(move |gap| {
        seen.lock().unwrap().push(gap.clone());
        recovery()
    });
    (hub.build(), gaps)
}

fn publish(hub: &Hub, ids: std::ops::RangeInclusive<u64>) {
    hub.publish_all(ids.map(|id| event(id, "a"))).unwrap();
}

fn notice(missed: usize) -> String {
    format!(
        "event: missed\ndata: {{\"cause\":\"fell_behind\",\"missed\":{missed},\"exact\":true,\
         \"topics\":[\"a\"]}}\n\n"
    )
}

#[test]
fn a_client_that_falls_behind_gets_a_notice_and_what_is_kept() {
    let hub = Hub::builder().keep_events(3).build();
    let mut slow = Polled::live(&hub);
    publish(&hub, 1..=5);
    let mut expected = vec![notice(2)];
    expected.extend([3, 4, 5].map(|id| wire(id, "a")));
    assert_eq!(slow.ready(), expected);
    let gaps = hub.metrics().gaps;
    assert_eq!((gaps.fell_behind, gaps.events), (1, 2));

    let mut back = Polled::after(&hub, 2);
    assert_eq!(back.ready(), [3, 4, 5].map(|id| wire(id, "a")));
    assert_eq!(hub.metrics().replayed, 3);
}

#[test]
fn a_client_that_is_sent_away_does_not_come_back_with_the_same_id() {
    let hub = Hub::builder().keep_events(3);
    let hub = hub.on_gap(|_| Recovery::close()).build();
    publish(&hub, 1..=5);
    for id in [1, 77] {
        let mut sent_away = Polled::after(&hub, id);
        let seen = sent_away.ready().concat();
        assert!(seen.starts_with("event: missed\n"), "{seen}");
        assert!(seen.ends_with("\nid: 5\n\n"), "{seen}");
        assert!(sent_away.is_over());
    }
    let mut back = Polled::after(&hub, 5);
    publish(&hub, 6..=6);
    assert_eq!(back.ready(), [wire(6, "a")]);
}

/// As after a restart, until something is published.
#[test]
fn a_client_that_is_sent_away_by_an_empty_hub_comes_back_as_a_new_one() {
    let (hub, _) = small(Recovery::close);
    let mut sent_away = Polled::after(&hub, 7);
    let seen = sent_away.ready().concat();
    assert!(seen.ends_with("id: \n\n"), "{seen}");
    assert!(sent_away.is_over());
}

#[test]
fn an_unknown_id_costs_no_more_than_a_new_client() {
    let hub = Hub::new();
    publish(&hub, 1..=100);
    let mut unknown = Polled::after(&hub, 777);
    let seen = unknown.ready();
    let expected = r#"data: {"cause":"unknown_id","missed":0,"exact":false,"topics":[]}"#;
    assert_eq!(seen, [format!("event: missed\n{expected}\nid: 100\n\n")]);
    publish(&hub, 101..=101);
    assert_eq!(unknown.ready(), [wire(101, "a")]);
    let mut back = Polled::after(&hub, 100);
    assert_eq!(
        back.ready(),
        [wire(101, "a")],
        "its ID is that of the notice"
    );
}

/// As after a restart, until something is published. If its ID were reset, it would lose what comes
/// while it is away without a notice.
#[test]
fn an_unknown_id_that_nothing_can_replace_is_kept() {
    let hub = Hub::new();
    for _ in 0..2 {
        let seen = Polled::after(&hub, 7).ready().concat();
        assert!(seen.starts_with("event: missed\n"), "{seen}");
        assert!(!seen.contains("\nid:"), "{seen}");
    }
    hub.starts_after(&EventId::from(8));
    let seen = Polled::after(&hub, 7).ready().concat();
    assert!(seen.ends_with("\nid: 8\n\n"), "{seen}");
    publish(&hub, 9..=9);
    assert_eq!(Polled::after(&hub, 8).ready(), [wire(9, "a")]);
}

/// Otherwise it would lose that if it comes back before it got it.
#[test]
fn a_notice_before_what_is_kept_has_no_id() {
    let hub = Hub::builder().keep_events(3).build();
    let mut slow = Polled::live(&hub);
    publish(&hub, 1..=5);
    assert_eq!(slow.ready()[0], notice(2));
    let subscribe = hub.subscribe().last_event_id(EventId::from(77));
    let mut unknown = Polled::new(subscribe.on_gap(|_| Recovery::oldest()).open());
    let seen = unknown.ready();
    assert!(!seen[0].contains("\nid:"), "{seen:?}");
    assert_eq!(seen[1..], [3, 4, 5].map(|id| wire(id, "a")));
}

#[test]
fn a_notice_of_the_application_may_have_an_id_of_its_own() {
    let newest = || Recovery::newest().with(&Block::event("state").id(EventId::from(4)));
    let (hub, _) = small(newest);
    publish(&hub, 1..=5);
    let seen = Polled::after(&hub, 77).ready();
    assert_eq!(seen, ["data: state\nid: 4\n\n"]);
    let mut sent_away = hub.subscribe().last_event_id(EventId::from(77));
    sent_away =
        sent_away.on_gap(|_| Recovery::close().with(&Block::event("bye").id(EventId::from(3))));
    let mut sent_away = Polled::new(sent_away.open());
    assert_eq!(sent_away.ready(), ["data: bye\nid: 3\n\n"]);
}

/// If the ID came before it, the client would resume after that without a notice when the
/// connection breaks between the two, or the subscriber is ended there.
#[test]
fn a_notice_and_the_newest_id_are_one_block() {
    let hub = Hub::builder().keep_events(3).build();
    publish(&hub, 1..=5);
    let large = "x".repeat(100_000);
    let notice = Block::event(large.clone()).comment("c");
    for recovery in [Recovery::newest(), Recovery::close()] {
        let recovery = recovery.with(&notice);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let subscribe = hub.subscribe().last_event_id(EventId::from(77));
        let subscribe = subscribe.on_gap(move |_| recovery.clone());
        let subscribe = subscribe.until(async { drop(ended.await) });
        let mut subscriber = Polled::new(subscribe.open());
        let expected = format!(": c\ndata: {large}\nid: 5\n\n");
        assert_eq!(subscriber.poll(), Poll::Ready(Some(expected)));
        drop(end);
        assert_eq!(subscriber.ready(), [""; 0]);
    }
}

#[test]
fn each_subscriber_may_decide_for_itself() {
    let hub = Hub::builder().keep_events(2);
    let hub = hub.on_gap(|_| Recovery::oldest().silently()).build();
    let prices = hub
        .subscribe()
        .on_gap(|_| Recovery::newest().with_comment());
    let (mut prices, mut orders) = (Polled::new(prices.open()), Polled::live(&hub));
    publish(&hub, 1..=5);
    assert_eq!(prices.ready(), [": error - dropped 5 messages\nid: 5\n\n"]);
    assert_eq!(orders.ready(), [4, 5].map(|id| wire(id, "a")));
}

/// A hub with two records of each topic, where a client with the ID 0 missed some of each, and a record
/// that it may not see.
fn several_topics() -> Hub {
    let hub = Hub::builder().keep_events(2).build();
    hub.publish(event(0, "head")).unwrap();
    let audience = Record::new(&event(10, "block")).for_audience("another");
    hub.publish(audience).unwrap();
    hub.publish_all((11..=14).map(|id| event(id, "block")))
        .unwrap();
    hub.publish(event(15, "head")).unwrap();
    hub.publish_all((16..=20).map(|id| event(id, "attestation")))
        .unwrap();
    hub
}

/// Those that are kept, too.
#[test]
fn a_notice_counts_all_that_a_subscriber_skips() {
    for recovery in [Recovery::newest, Recovery::close] {
        let hub = several_topics();
        let subscribe = hub.subscribe().last_event_id(EventId::from(0));
        let mut subscriber = Polled::new(subscribe.on_gap(move |_| recovery()).open());
        let expected = r#"{"cause":"too_old","missed":10,"exact":true,"topics":["block","head","attestation"]}"#;
        let expected = format!("event: missed\ndata: {expected}\nid: 20\n\n");
        assert_eq!(subscriber.ready(), [expected]);
        assert_eq!(hub.metrics().gaps.events, 10);
    }
}

#[test]
fn a_notice_of_the_application_may_be_made_of_all_that_a_subscriber_skips() {
    let hub = several_topics();
    let subscribe = hub.subscribe().last_event_id(EventId::from(0));
    let notice = |gap: &Gap| Block::event(gap.missed.to_string());
    let subscribe = subscribe.on_gap(move |_| Recovery::newest().with_notice(notice));
    let mut subscriber = Polled::new(subscribe.open());
    assert_eq!(subscriber.ready(), ["data: 10\nid: 20\n\n"]);
}

/// It comes back after the newest ID, so what has none is not skipped.
#[test]
fn what_comes_after_the_id_of_a_notice_is_not_counted() {
    let (hub, _) = small(Recovery::close);
    let mut slow = Polled::live(&hub);
    publish(&hub, 1..=5);
    hub.publish(Block::event("no ID")).unwrap();
    let seen = slow.ready().concat();
    assert!(seen.contains(r#""missed":5,"exact":true"#), "{seen}");
    assert!(seen.ends_with("\nid: 5\n\n"), "{seen}");
}

/// Losses that are not remembered any more can be newer than the subscriber.
#[test]
fn who_began_with_a_gap_may_fall_behind_later() {
    let hub = Hub::builder().keep_events(3).remember_events(2).build();
    publish(&hub, 1..=5);
    let mut subscribers = [1, 77].map(|id| Polled::after(&hub, id));
    for subscriber in &mut subscribers {
        let seen = subscriber.ready().concat();
        assert!(!seen.contains("fell_behind"), "{seen}");
    }
    publish(&hub, 6..=12);
    for subscriber in &mut subscribers {
        let seen = subscriber.ready();
        assert!(seen[0].contains("fell_behind"), "{seen:?}");
        assert_eq!(seen[1..], [10, 11, 12].map(|id| wire(id, "a")));
    }
}

#[test]
fn a_handler_learns_how_a_subscriber_begins() {
    let hub = Hub::builder().keep_events(3).build();
    publish(&hub, 1..=5);
    let opened = |id: Option<u64>| {
        let id = id.map(EventId::from);
        hub.subscribe().last_event_id(id).open().opened().clone()
    };
    assert_eq!(opened(None), Opened::Fresh);
    assert_eq!(opened(Some(3)), Opened::Resumed { events: 2 });
    let Opened::Gap(gap) = opened(Some(1)) else {
        panic!("1 is too old")
    };
    assert_eq!(
        (gap.cause, gap.missed, gap.exact),
        (GapCause::TooOld, 1, true)
    );
    let Opened::Gap(gap) = opened(Some(9)) else {
        panic!("9 is unknown")
    };
    assert_eq!((gap.cause, gap.exact), (GapCause::UnknownId, false));
}

#[test]
fn who_falls_behind_may_skip_with_a_notice() {
    let (hub, gaps) = small(|| Recovery::oldest().with(&Block::event("missed")));
    let mut slow = Polled::live(&hub);
    publish(&hub, 1..=5);
    let seen = slow.ready();
    assert_eq!(seen[0], "data: missed\n\n");
    assert_eq!(seen[1..], [3, 4, 5].map(|id| wire(id, "a")));
    assert_eq!(gaps.lock().unwrap()[0].cause, GapCause::FellBehind);
}

/// With a log it would be closed for that, and get the rest from the log when it comes back. Events
/// that are too old are gone.
#[test]
fn who_reads_a_backlog_too_slowly_falls_behind() {
    let (hub, gaps) = small(|| Recovery::oldest().silently());
    publish(&hub, 1..=4);
    let mut slow = Polled::after(&hub, 1);
    assert_eq!(*slow.stream.opened(), Opened::Resumed { events: 3 });
    assert_eq!(slow.poll(), Poll::Ready(Some(wire(2, "a"))));
    publish(&hub, 5..=6);
    assert_eq!(slow.ready(), [4, 5, 6].map(|id| wire(id, "a")));
    let gap = gaps.lock().unwrap()[0].clone();
    assert_eq!((gap.cause, gap.missed), (GapCause::FellBehind, 1));
}

#[test]
fn who_falls_behind_may_go_on_with_the_newest() {
    let (hub, _) = small(|| Recovery::newest().silently());
    let mut slow = Polled::live(&hub);
    publish(&hub, 1..=5);
    assert_eq!(slow.ready(), ["id: 5\n\n"]);
    publish(&hub, 6..=6);
    assert_eq!(slow.ready(), [wire(6, "a")]);
}

#[test]
fn who_waits_for_a_rare_topic_does_not_fall_behind() {
    let (hub, gaps) = small(Recovery::close);
    let mut rare = Polled::of(&hub, &["rare"]);
    assert_eq!(rare.ready(), Vec::<String>::new());
    publish(&hub, 1..=100);
    assert_eq!(rare.ready(), Vec::<String>::new());
    hub.publish(event(101, "rare")).unwrap();
    publish(&hub, 102..=103);
    assert_eq!(rare.ready(), [wire(101, "rare")]);
    assert_eq!(gaps.lock().unwrap().len(), 0);

    hub.publish_all((104..=107).map(|id| event(id, "rare")))
        .unwrap();
    assert!(rare.ready().concat().ends_with("\nid: 107\n\n"));
    assert!(rare.is_over());
    assert_eq!(gaps.lock().unwrap().len(), 1);
}

#[test]
fn an_unknown_id_is_a_gap_with_that_id() {
    let (hub, gaps) = small(|| Recovery::oldest().with(&Block::event("gap")));
    publish(&hub, 1..=2);
    let id = EventId::from_static("never seen");
    let expected = ["data: gap\n\n".into(), wire(1, "a"), wire(2, "a")];
    assert_eq!(Polled::after(&hub, id.clone()).ready(), expected);
    let gap = gaps.lock().unwrap()[0].clone();
    assert_eq!(gap.cause, GapCause::UnknownId);
    assert_eq!(gap.last_event_id, Some(id));
}

#[test]
fn a_gap_may_end_the_response_with_a_last_word() {
    let (hub, _) = small(|| Recovery::close().with(&Block::event("go away")));
    publish(&hub, 1..=1);
    let mut subscriber = Polled::after(&hub, 9);
    assert_eq!(subscriber.ready(), ["data: go away\nid: 1\n\n"]);
    assert!(subscriber.is_over());
    drop(subscriber);
    assert_eq!(hub.metrics().closed.gap, 1);
}

#[test]
fn the_id_just_before_the_oldest_kept_is_no_gap() {
    let (hub, gaps) = small(Recovery::close);
    publish(&hub, 1..=5);
    let mut exact = Polled::after(&hub, 2);
    assert_eq!(exact.ready(), [3, 4, 5].map(|id| wire(id, "a")));
    let mut too_old = Polled::after(&hub, 1);
    assert!(too_old.ready().concat().ends_with("\nid: 5\n\n"));
    assert!(too_old.is_over());
    assert_eq!(gaps.lock().unwrap().len(), 1);
}

#[test]
fn of_two_records_with_one_id_the_newer_counts() {
    let hub = Hub::builder().keep_events(2).build();
    for id in [7, 7, 8] {
        hub.publish(event(id, "a")).unwrap();
    }
    assert_eq!(Polled::after(&hub, 7).ready(), [wire(8, "a")]);
}

#[test]
fn the_empty_id_is_none() {
    let (hub, gaps) = small(Recovery::close);
    publish(&hub, 1..=2);
    let mut subscriber = Polled::after(&hub, EventId::EMPTY);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    assert_eq!(gaps.lock().unwrap().len(), 0);
}

#[test]
fn what_is_kept_is_bounded_in_bytes_and_the_newest_always_stays() {
    let hub = Hub::builder().keep_bytes(100).build();
    hub.publish_all((0..50).map(|id| event(id, "a"))).unwrap();
    assert!(hub.metrics().kept_bytes <= 100, "{:?}", hub.metrics());
    hub.publish(Block::event("x".repeat(1000))).unwrap();
    assert_eq!(hub.metrics().kept, 1);
}

#[test]
fn a_client_with_an_unknown_id_that_reads_slowly_has_fallen_behind() {
    let (hub, gaps) = small(Recovery::oldest);
    publish(&hub, 1..=3);
    let mut slow = Polled::after(&hub, 777);
    assert!(slow.poll().is_ready());
    publish(&hub, 4..=6);
    slow.ready();
    let gaps = gaps.lock().unwrap();
    let causes: Vec<_> = gaps.iter().map(|gap| gap.cause).collect();
    assert_eq!(causes, [GapCause::UnknownId, GapCause::FellBehind]);
    assert_eq!(gaps[1].last_event_id, None);
}

/// Otherwise the client could see that there is one.
#[test]
fn a_record_that_it_may_not_see_does_not_split_a_gap() {
    let hub = Hub::builder().keep_topic("a", Keep::events(1)).build();
    let mut slow = Polled::live(&hub);
    publish(&hub, 1..=1);
    hub.publish(Record::new(&event(2, "b")).for_audience("another"))
        .unwrap();
    publish(&hub, 3..=4);
    assert_eq!(slow.ready(), [notice(2), wire(4, "a")]);
    assert_eq!(hub.metrics().denied, 1);
}
