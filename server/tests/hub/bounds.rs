//! What the bounds of one topic, and what is remembered of it, mean for the others.

use std::task::Poll;
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_server::last_event_id::InvalidLastEventId;
use esse_server::{Gap, GapCause, Hub, Keep, LastEventId, Opened, Record, Recovery, Subscriber};

use crate::polling::{Polled, event, topics, wire};

fn of(id: u64, names: &[&'static str]) -> Record {
    Record::new(&event(id, "x")).with_topics(names.iter().copied())
}

fn after(hub: &Hub, topic: &'static str, id: u64) -> Polled<Subscriber> {
    let subscribe = hub.subscribe().topics(topics(&[topic]));
    Polled::new(subscribe.last_event_id(EventId::from(id)).open())
}

fn gap(opened: &Opened) -> &Gap {
    match opened {
        Opened::Gap(gap) => gap,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_one_topic_loses_does_not_push_out_what_is_remembered_of_another() {
    for key in [Some("price"), None] {
        let hub = Hub::builder()
            .keep_topic("room", Keep::events(3))
            .keep_topic("price", Keep::events(1))
            .remember_events(100)
            .build();
        (0..6).for_each(|id| hub.publish(of(id, &["room"])).unwrap());
        for id in 10..500 {
            let record = of(id, &["price"]);
            let record = match key {
                Some(key) => record.latest_of(key),
                None => record,
            };
            hub.publish(record).unwrap();
        }
        let mut subscriber = after(&hub, "room", 1);
        let gap = gap(subscriber.stream.opened());
        assert_eq!(
            (gap.cause, gap.missed, gap.exact),
            (GapCause::TooOld, 1, true)
        );
        assert_eq!(subscriber.ready()[1..], [3, 4, 5].map(|id| wire(id, "x")));
        assert!(hub.metrics().remembered <= 100);
    }
}

#[test]
fn a_client_of_a_quiet_value_gets_it_however_often_another_was_replaced() {
    let hub = Hub::builder().remember_events(100).build();
    let publish = |id, topic| hub.publish(of(id, &[topic]).latest_of(topic)).unwrap();
    publish(1, "price a");
    publish(2, "price a");
    (10..500).for_each(|id| publish(id, "price b"));
    let mut subscriber = after(&hub, "price a", 1);
    assert_eq!(subscriber.stream.opened(), &Opened::Resumed { events: 1 });
    assert_eq!(subscriber.ready(), [wire(2, "x")]);
}

#[test]
fn the_topic_with_the_most_remembered_forgets_first_and_then_the_oldest_of_all() {
    const TOPICS: [&str; 4] = ["a", "b", "c", "d"];
    let hub = Hub::builder().keep_events(1).remember_events(4).build();
    // Each of them has less than its share, because a share is at least one.
    for id in 0..8 {
        let topic = TOPICS[usize::try_from(id % 4).unwrap()];
        hub.publish(of(id, &[topic])).unwrap();
    }
    let knows = |id| {
        matches!(
            after(&hub, "none", id).stream.opened(),
            Opened::Resumed { .. }
        )
    };
    assert!((0..8).all(knows));
    hub.publish(of(8, &["d"])).unwrap();
    assert!(!knows(3), "d has two");
    assert!((0..3).all(knows));
    hub.publish(of(9, &["e"])).unwrap();
    hub.publish(of(10, &["e"])).unwrap();
    assert!(!knows(0), "the oldest");
    assert!((1..3).chain(4..11).all(knows));
}

#[test]
fn a_topic_with_a_tight_bound_takes_nothing_from_another() {
    const USERS: [&str; 5] = ["user 0", "user 1", "user 2", "user 3", "user 4"];
    let hub = Hub::builder().keep_topic("audit", Keep::events(2)).build();
    hub.publish(of(0, &["other"])).unwrap();
    for id in 1..=10 {
        let user = USERS[usize::try_from(id % 5).unwrap()];
        hub.publish(of(id, &[user, "audit"])).unwrap();
    }
    let mut subscriber = after(&hub, "user 1", 0);
    assert_eq!(subscriber.stream.opened(), &Opened::Resumed { events: 2 });
    assert_eq!(subscriber.ready(), [wire(1, "x"), wire(6, "x")]);
    // What is there for others, a client of the tight topic gets too.
    let audit = after(&hub, "audit", 0);
    assert_eq!(audit.stream.opened(), &Opened::Resumed { events: 10 });
}

#[test]
fn a_record_goes_when_the_last_of_its_topics_lets_go_of_it() {
    let hub = Hub::builder()
        .keep_topic("a", Keep::events(1))
        .keep_topic("b", Keep::events(2))
        .build();
    for id in 1..=10 {
        hub.publish(of(id, &["a", "b"])).unwrap();
    }
    assert_eq!(hub.metrics().kept, 2);
    hub.publish(of(11, &["a"])).unwrap();
    assert_eq!(hub.metrics().kept, 3);
    hub.publish(of(12, &["b"])).unwrap();
    assert_eq!(hub.metrics().kept, 3, "10 and 12 of b, 11 of a");
    hub.publish(of(13, &["b"])).unwrap();
    assert_eq!(hub.metrics().kept, 3, "12 and 13 of b, 11 of a");
    let mut subscriber = after(&hub, "b", 8);
    let gap = gap(subscriber.stream.opened());
    assert_eq!((gap.missed, gap.exact), (2, true));
    assert_eq!(subscriber.ready()[1..], [12, 13].map(|id| wire(id, "x")));
}

#[test]
fn resumed_counts_events_and_no_other_blocks() {
    let hub = Hub::new();
    hub.publish(event(1, "x")).unwrap();
    hub.publish(Block::new().comment("not an event")).unwrap();
    hub.publish(event(2, "x")).unwrap();
    let subscriber = Polled::after(&hub, 1);
    assert_eq!(subscriber.stream.opened(), &Opened::Resumed { events: 1 });
}

#[test]
fn a_value_that_was_evicted_and_then_superseded_is_conflated() {
    let hub = Hub::builder().keep_events(1).build();
    hub.publish(of(0, &["other"])).unwrap();
    hub.publish(of(1, &["price"]).latest_of("a")).unwrap();
    hub.publish(of(2, &["price"]).latest_of("b")).unwrap();
    let early = after(&hub, "price", 0);
    assert_eq!(
        gap(early.stream.opened()).missed,
        1,
        "1 is the latest, and lost"
    );
    hub.publish(of(3, &["price"]).latest_of("a")).unwrap();
    assert_eq!(hub.metrics().conflated, 1);
    let late = after(&hub, "price", 0);
    assert_eq!(gap(late.stream.opened()).missed, 1, "2 is lost, 1 is not");
    hub.publish(of(4, &["price"]).latest_of("b")).unwrap();
    let later = after(&hub, "price", 0);
    assert_eq!(
        gap(later.stream.opened()).missed,
        1,
        "3 is lost, 1 and 2 are not"
    );
}

/// A subscriber of many topics is served in another way than one of few.
#[test]
fn what_stands_before_the_latest_value_is_sent_however_many_topics_there_are() {
    const TOPICS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    for count in 2..=TOPICS.len() {
        let hub = Hub::new();
        let mut subscriber = Polled::of(&hub, &TOPICS[..count]);
        let value = |id| of(id, &["a"]).latest_of("value");
        hub.publish_all([value(1), of(2, &["b"]), value(3)])
            .unwrap();
        assert_eq!(subscriber.ready(), [2, 3].map(|id| wire(id, "x")));
    }
}

/// A forgotten value must not be taken for the entry that got its place.
#[test]
fn a_value_that_was_forgotten_is_superseded_by_nothing() {
    let hub = Hub::builder().keep_events(1).remember_events(0).build();
    for id in 0..100 {
        let key = ["a", "b", "c"][usize::try_from(id % 3).unwrap()];
        hub.publish(of(id, &["price"]).latest_of(key)).unwrap();
    }
    assert_eq!(hub.metrics().conflated, 0);
    assert_eq!(hub.metrics().kept, 1);
}

#[test]
fn what_a_subscriber_was_given_gives_it_no_gap_later() {
    let hub = Hub::builder()
        .keep_topic("loud", Keep::events(1))
        .keep_topic("quiet", Keep::events(4))
        .remember_events(0)
        .build();
    let mut slow = Polled::live(&hub);
    (1..=4).for_each(|id| hub.publish(of(id, &["quiet"])).unwrap());
    (5..=8).for_each(|id| hub.publish(of(id, &["loud"])).unwrap());
    let first = slow.poll();
    let Poll::Ready(Some(notice)) = first else {
        panic!("{first:?}")
    };
    assert!(notice.contains(r#""cause":"fell_behind""#), "{notice}");
    assert!(notice.contains(r#""exact":false"#), "{notice}");
    let mut seen = Vec::new();
    for id in 9..12 {
        if let Poll::Ready(Some(frame)) = slow.poll() {
            seen.push(frame);
        }
        hub.publish(of(id, &["quiet"])).unwrap();
    }
    seen.extend(slow.ready());
    let expected = [1, 2, 3, 4, 8, 9, 10, 11];
    assert_eq!(seen, expected.map(|id| wire(id, "x")));
}

/// A client that comes back with it has missed nothing before it.
#[test]
fn the_newest_id_is_known_however_little_is_remembered() {
    let hub = Hub::builder().keep_events(1).remember_events(0).build();
    hub.publish(event(1, "x")).unwrap();
    let without = Record::new(&Block::event("without an ID"));
    hub.publish(without.with_topics(["x"])).unwrap();
    let seen = Polled::after(&hub, 77).ready();
    assert!(seen.concat().ends_with("\nid: 1\n\n"), "{seen:?}");
    let back = Polled::after(&hub, 1);
    assert_eq!(back.stream.opened(), &Opened::Resumed { events: 1 });
    hub.publish(event(2, "x")).unwrap();
    hub.publish(event(3, "x")).unwrap();
    let old = Polled::after(&hub, 1);
    assert_eq!(gap(old.stream.opened()).cause, GapCause::UnknownId);
}

/// Each of these looks at the clock before it reads.
#[test]
fn what_is_too_old_is_not_read() {
    for id in [
        LastEventId::Id(EventId::from(77)),
        LastEventId::Invalid(InvalidLastEventId::Several),
    ] {
        let hub = Hub::builder().keep_for(Duration::ZERO).build();
        hub.publish(of(1, &["a"])).unwrap();
        hub.publish(of(2, &["b"])).unwrap();
        let subscribe = hub.subscribe().last_event_id(id);
        let oldest = subscribe.on_gap(|_| Recovery::oldest().silently());
        assert_eq!(Polled::new(oldest.open()).ready(), [wire(2, "x")]);
    }
}
