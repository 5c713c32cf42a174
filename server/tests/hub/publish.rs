//! What is published, where it goes, and what is refused.

use std::task::Poll;
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_server::{Hub, IdCounter, Keep, PublishError, Record, TooMany, Topics, UnusableId};

use crate::polling::{Polled, event, wire};

fn id(text: impl Into<String>) -> Result<(), PublishError> {
    let id = EventId::new(text.into()).unwrap();
    Hub::new().publish(Block::event("x").id(id))
}

#[test]
fn ids_that_cannot_come_back_are_refused() {
    for (text, why) in [
        ("", UnusableId::Empty),
        (" ", UnusableId::Trimmed),
        (" 7", UnusableId::Trimmed),
        ("7\t", UnusableId::Trimmed),
        ("\u{1}", UnusableId::ControlCharacter),
        ("a\u{7f}", UnusableId::ControlCharacter),
        ("a\u{1b}b", UnusableId::ControlCharacter),
    ] {
        assert_eq!(id(text), Err(PublishError::Id(why)), "{text:?}");
    }
    assert_eq!(
        id("x".repeat(4097)),
        Err(PublishError::Id(UnusableId::TooLong))
    );
    for text in ["a b", "a\tb", "\u{feff}7", "日本", "\u{85}"] {
        assert_eq!(id(text), Ok(()), "{text:?}");
    }
    assert_eq!(id("x".repeat(4096)), Ok(()));
    assert_eq!(Hub::new().publish(Block::event("without an ID")), Ok(()));
}

#[test]
fn one_that_is_refused_keeps_all_from_being_published() {
    let hub = Hub::new();
    let blocks = ["1", " "].map(|id| Block::event("x").id(EventId::from_static(id)));
    assert!(hub.publish_all(blocks).is_err());
    assert_eq!(hub.metrics().published, 0);
}

#[test]
fn a_loud_topic_does_not_shorten_the_history_of_a_quiet_one() {
    for hub in [
        Hub::builder().keep_events(10).build(),
        Hub::builder().keep_bytes(10_000).build(),
    ] {
        hub.publish(event(0, "quiet")).unwrap();
        hub.publish(event(1, "quiet")).unwrap();
        hub.publish_all((2..5000).map(|id| event(id, "loud")))
            .unwrap();
        let topics = Topics::of(["quiet"]);
        let resumed = hub
            .subscribe()
            .topics(topics)
            .last_event_id(EventId::from(0));
        assert_eq!(Polled::new(resumed.open()).ready(), [wire(1, "quiet")]);
    }
}

#[test]
fn all_topics_together_are_bounded() {
    let hub = Hub::builder().keep_bytes(40_000).build();
    for id in 0..1000 {
        let topic = format!("user {}", id % 100);
        hub.publish(Record::new(&event(id, "a")).with_topics([topic]))
            .unwrap();
        let kept = hub.metrics();
        // No two of them have the same topic.
        assert!(kept.kept_bytes + 512 * kept.kept <= 40_000, "{kept:?}");
    }
    assert!(hub.metrics().kept > 50);
}

#[test]
fn a_topic_may_have_bounds_of_its_own() {
    let keep = Keep::events(2);
    let hub = Hub::builder()
        .keep_events(4)
        .keep_topic("few", keep)
        .build();
    hub.publish_all((0..10).map(|id| event(id, "few"))).unwrap();
    hub.publish_all((10..20).map(|id| event(id, "many")))
        .unwrap();
    assert_eq!(hub.metrics().kept, 6);
    let bytes = Hub::builder()
        .keep_topic("few", Keep::events(100).bytes(1000))
        .build();
    bytes
        .publish_all((0..10).map(|id| event(id, "few")))
        .unwrap();
    assert_eq!(bytes.metrics().kept, 3);
}

#[test]
fn a_history_may_end_with_age() {
    let hub = Hub::builder().keep_for(Duration::ZERO).build();
    hub.publish_all([event(1, "a"), event(2, "a")]).unwrap();
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(
        Polled::after(&hub, 1).ready().len(),
        1,
        "a notice, and nothing else"
    );
    assert!(hub.metrics().kept <= 1, "the newest of all stays");
}

#[test]
fn a_record_with_several_topics_comes_once() {
    let hub = Hub::new();
    let topics = |names: &[&str]| {
        hub.subscribe()
            .topics(Topics::of(names.iter().copied()))
            .open()
    };
    let mut both = Polled::new(topics(&["a", "b"]));
    let mut one = Polled::new(topics(&["b"]));
    let mut other = Polled::new(topics(&["x"]));
    assert!(both.poll().is_pending() && one.poll().is_pending() && other.poll().is_pending());
    hub.publish(Record::new(&event(1, "x")).with_topics(["b", "a"]))
        .unwrap();
    assert_eq!((both.wakes(), one.wakes(), other.wakes()), (1, 1, 0));
    assert_eq!(both.ready(), [wire(1, "x")]);
    assert_eq!(one.ready(), [wire(1, "x")]);
    assert_eq!(other.poll(), Poll::Pending, "its type is not its topic");
}

#[test]
fn of_a_latest_value_a_slow_reader_gets_the_newest() {
    let hub = Hub::builder().keep_events(3).build();
    let mut slow = Polled::live(&hub);
    let price = |id| Record::new(&event(id, "a")).latest_of("price");
    hub.publish_all([Record::from(event(0, "a")), price(1), price(2)])
        .unwrap();
    assert_eq!(slow.ready(), [wire(0, "a"), wire(2, "a")]);
    hub.publish_all((3..50).map(price)).unwrap();
    assert_eq!(slow.ready(), [wire(49, "a")]);
    let metrics = hub.metrics();
    assert_eq!((metrics.conflated, metrics.gaps.fell_behind), (48, 0));
    // The ID of a value that was replaced is still a place to resume from.
    assert_eq!(Polled::after(&hub, 1).ready(), [wire(49, "a")]);
}

#[test]
fn an_id_that_comes_twice_is_counted() {
    let hub = Hub::new();
    hub.publish_all([7, 8, 7].map(|id| event(id, "a"))).unwrap();
    assert_eq!(hub.metrics().duplicate_ids, 1);
}

#[test]
fn a_counter_does_not_repeat_ids_after_a_restart() {
    let first = IdCounter::new();
    let id = first.next_id();
    assert_ne!(id, first.next_id());
    std::thread::sleep(Duration::from_millis(2));
    assert_ne!(id, IdCounter::new().next_id());
    assert!(id.as_str().ends_with("-1"));
}

#[test]
fn wants_says_whether_a_payload_is_worth_making() {
    let hub = Hub::new();
    assert!(!hub.wants("head"));
    let head = hub.subscribe().topics(Topics::of(["head"])).open();
    assert!(hub.wants("head"));
    drop(head);
    let guarded = hub.guard(futures_util::stream::pending());
    assert!(
        !hub.wants("head"),
        "a stream of the application's own wants nothing"
    );
    let everything = hub.subscribe().open();
    assert!(hub.wants("head"));
    drop((everything, guarded));
    assert!(!hub.wants("head"));
}

#[test]
fn subscribers_are_limited_in_all_and_for_each_owner() {
    let hub = Hub::builder()
        .max_subscribers(3)
        .max_subscribers_of_one_owner(2)
        .build();
    let of = |owner: &'static str| hub.subscribe().owner(owner).try_open();
    let (one, two) = (of("ada").unwrap(), of("ada").unwrap());
    assert_eq!(of("ada").unwrap_err(), TooMany::OfOneOwner { limit: 2 });
    let three = of("bob").unwrap();
    assert_eq!(
        hub.subscribe().try_open().unwrap_err(),
        TooMany::Subscribers { limit: 3 }
    );
    assert!(Polled::new(hub.subscribe().open()).is_over());
    assert_eq!(
        TooMany::OfOneOwner { limit: 1 }.to_string(),
        "this owner has as many subscribers as it may have: 1"
    );
    drop(one);
    assert!(of("ada").is_ok());
    drop((two, three));
    assert_eq!(hub.metrics().open, 0);
}

/// They are streams of the hub too, but are never refused.
#[test]
fn streams_of_the_application_count_as_subscribers() {
    let hub = Hub::builder().max_subscribers(1).build();
    let guarded = [(); 2].map(|()| hub.guard(futures_util::stream::pending()));
    let limit = TooMany::Subscribers { limit: 1 };
    assert_eq!(hub.subscribe().try_open().unwrap_err(), limit);
    drop(guarded);
    assert!(hub.subscribe().try_open().is_ok());
}

/// So what an ID was given before the first record still counts.
#[test]
fn publishing_no_record_does_not_begin_a_hub() {
    let hub = Hub::new();
    hub.publish_all([] as [Block<'_>; 0]).unwrap();
    hub.starts_after(&EventId::from(41));
    let _resumed = hub.subscribe().last_event_id(EventId::from(41)).open();
    assert_eq!(hub.metrics().gaps.unknown_id, 0);
}

#[test]
fn the_application_ends_the_subscribers_of_an_owner() {
    let hub = Hub::new();
    let mut ada = Polled::new(hub.subscribe().owner("ada").open());
    let mut bob = Polled::new(hub.subscribe().owner("bob").open());
    assert!(ada.poll().is_pending() && bob.poll().is_pending());
    hub.publish(event(1, "a")).unwrap();
    let last = Block::event("signed out");
    assert_eq!(hub.end_all_of("ada", Some(&last)), 1);
    assert_eq!(hub.end_all_of("nobody", None), 0);
    assert!(ada.wakes() > 0);
    assert_eq!(ada.ready(), ["data: signed out\n\n"]);
    assert!(ada.is_over());
    assert_eq!(bob.ready(), [wire(1, "a")]);
    drop(ada);
    assert_eq!(hub.metrics().closed.ended, 1);
}

#[test]
fn a_future_ends_a_subscriber() {
    let hub = Hub::new();
    let (end, ended) = futures_util::future::abortable(std::future::pending::<()>());
    let end = async move { assert!(end.await.is_err()) };
    let last = Block::new().retry(Duration::from_secs(1));
    let mut subscriber = Polled::new(hub.subscribe().until_with(end, &last).open());
    assert!(subscriber.poll().is_pending());
    ended.abort();
    assert!(subscriber.wakes() > 0);
    assert_eq!(subscriber.ready(), ["retry: 1000\n\n"]);
    assert!(subscriber.is_over());
}
