//! Events whose data is not in memory.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;
use esse_encoder::{Block, EventId, EventType};
use esse_parser::EventStream;
use esse_server::{Hub, Record, Sink, UnfinishedEvent};
use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt, stream};
use http_body_util::BodyExt;

use crate::keep_alive::hub_with_beats;
use crate::polling::{Polled, event, topics, wire};

const LAST: &str = "data: last\n\n";

/// An event of type `a` with these chunks.
fn from_chunks<E>(id: u64, chunks: Vec<Result<&'static str, E>>) -> Record
where
    E: Clone + Send + Sync + Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    let block = Block::new()
        .event_type(EventType::from_static("a"))
        .id(EventId::from(id));
    let open = move || {
        let chunks = chunks.clone().into_iter();
        stream::iter(chunks.map(|chunk| chunk.map(Bytes::from)))
    };
    Record::from_source(block, open)
}

fn good(id: u64) -> Record {
    from_chunks::<Infallible>(id, vec![Ok("one\r"), Ok("\ntw"), Ok("o")])
}

fn good_on_the_wire(id: u64) -> String {
    format!("event: a\ndata: one\ndata: two\nid: {id}\n\n")
}

/// An event whose data begins, and then waits for ever.
fn endless(id: u64) -> Record {
    let open = || {
        let begin = stream::iter([Ok::<_, Infallible>(Bytes::from("begin"))]);
        begin.chain(stream::pending())
    };
    Record::from_source(Block::new().id(EventId::from(id)), open)
}

#[test]
fn each_subscriber_opens_it_anew_and_gets_the_same_bytes() {
    let hub = Hub::new();
    let opened = Arc::new(AtomicUsize::new(0));
    let large = Bytes::from("x".repeat(100_000) + "\n" + &"y".repeat(100));
    let (count, data) = (Arc::clone(&opened), large.clone());
    let open = move || {
        count.fetch_add(1, Ordering::Relaxed);
        let chunks: Vec<_> = data
            .chunks(7_001)
            .map(|chunk| data.slice_ref(chunk))
            .collect();
        stream::iter(chunks.into_iter().map(Ok::<_, Infallible>))
    };
    let mut live = Polled::live(&hub);
    hub.publish(event(1, "a")).unwrap();
    let block = Block::new().id(EventId::from(2));
    hub.publish(Record::from_source(block, open)).unwrap();
    hub.publish(event(3, "a")).unwrap();
    let mut resumed = Polled::after(&hub, 1);

    let text = str::from_utf8(&large).unwrap();
    let whole = Block::event(text)
        .id(EventId::from(2))
        .to_frame()
        .to_bytes();
    let whole = str::from_utf8(&whole).unwrap();
    let expected = [whole, &wire(3, "a")].concat();
    assert!(resumed.ready().concat() == expected);
    assert!(live.ready().concat() == [wire(1, "a"), expected].concat());
    assert_eq!(opened.load(Ordering::Relaxed), 2);
    assert!(hub.metrics().kept_bytes < 100);
}

#[test]
fn it_has_the_topic_of_its_type() {
    let hub = Hub::new();
    let mut subscribers = [Polled::of(&hub, &["a"]), Polled::of(&hub, &["b"])];
    hub.publish(good(1)).unwrap();
    let ready = subscribers.each_mut().map(|one| one.ready().concat());
    assert_eq!(ready, [good_on_the_wire(1), String::new()]);
}

#[test]
fn if_it_fails_the_event_is_unfinished_and_its_id_does_not_count() {
    let failures: [(&str, Record); 2] = [
        ("error", from_chunks(2, vec![Ok("begin\n"), Err("gone")])),
        ("no UTF-8", {
            let open = || stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"begin \xff"))]);
            Record::from_source(Block::new().id(EventId::from(2)), open)
        }),
    ];
    for (name, record) in failures {
        let hub = Hub::new();
        let mut subscriber = Polled::live(&hub);
        hub.publish(event(1, "a")).unwrap();
        hub.publish(record).unwrap();
        hub.publish(event(3, "a")).unwrap();
        let sent = subscriber.ready().concat();
        assert!(subscriber.is_over(), "{name}");
        drop(subscriber);
        assert_eq!(hub.metrics().closed.source_failed, 1, "{name}");

        let mut events = EventStream::new(stream::iter([Ok::<_, Infallible>(Bytes::from(sent))]));
        let first = events.next().now_or_never().flatten().unwrap().unwrap();
        assert_eq!(first.last_event_id, "1", "{name}");
        assert!(events.next().now_or_never().flatten().is_none(), "{name}");
    }
}

#[test]
fn one_that_fails_for_good_blocks_its_clients_until_it_is_replaced() {
    let hub = Hub::new();
    let failing = from_chunks(2, vec![Ok("begin\n"), Err("gone")]);
    let records = [event(1, "a").into(), failing.latest_of("state")];
    hub.publish_all(records).unwrap();
    hub.publish(event(3, "a")).unwrap();
    for _ in 0..3 {
        let mut blocked = Polled::after(&hub, 1);
        assert!(!blocked.ready().concat().contains(&wire(3, "a")));
        assert!(blocked.is_over());
    }
    hub.publish(good(4).latest_of("state")).unwrap();
    let expected = wire(3, "a") + &good_on_the_wire(4);
    assert_eq!(Polled::after(&hub, 1).ready().concat(), expected);
}

#[test]
fn a_body_fails_only_if_its_own_event_is_unfinished() {
    let hub = Hub::new();
    let mut without_a_body = Polled::of(&hub, &["a"]);
    let bodies = ["a", "b"].map(|topic| {
        let subscriber = hub.subscribe().topics(topics(&[topic])).open();
        Sink::new(subscriber).collect()
    });
    hub.publish(from_chunks(1, vec![Ok("begin\n"), Err("gone")]))
        .unwrap();
    hub.publish(event(2, "b")).unwrap();
    hub.drain();
    let [unfinished, whole] = bodies;
    let _: UnfinishedEvent = block_on(unfinished).unwrap_err();
    assert!(without_a_body.ready().concat().contains("begin"));
    let whole = block_on(whole).unwrap().to_bytes();
    assert_eq!(whole, format!(": \n\n{}", wire(2, "b")));
}

#[test]
fn nothing_comes_between_its_parts() {
    let (hub, _, mut beats) = hub_with_beats();
    let mut subscriber = Polled::live(&hub);
    hub.publish(endless(1)).unwrap();
    assert_eq!(subscriber.ready().concat(), "data: begin");
    hub.publish(event(2, "a")).unwrap();
    (0..6).for_each(|_| beats.third());
    assert!(matches!(subscriber.poll(), Poll::Pending));
    assert_eq!(hub.metrics().keep_alives, 0);

    // It is woken when the hub ends, and sends no last block.
    subscriber.wakes();
    hub.close_with(&Block::event("last"));
    assert_eq!(subscriber.wakes(), 1);
    assert!(subscriber.is_over());
}

#[test]
fn a_hub_that_drains_waits_for_its_end() {
    let hub = Hub::new();
    let mut subscriber = Polled::live(&hub);
    hub.publish(good(1)).unwrap();
    hub.drain_with(&Block::event("last"));
    assert_eq!(subscriber.ready().concat(), good_on_the_wire(1) + LAST);
    assert!(subscriber.is_over());
}

#[test]
fn the_owner_can_be_ended_within_it() {
    let hub = Hub::new();
    let mut subscriber = Polled::new(hub.subscribe().owner("ada").open());
    hub.publish(endless(1)).unwrap();
    assert_eq!(subscriber.ready().concat(), "data: begin");
    let last = Block::event("last");
    assert_eq!(hub.end_all_of("ada", Some(&last)), 1);
    assert_eq!(subscriber.wakes(), 1);
    assert!(subscriber.is_over());
}

/// A source that always has more.
fn unbounded(id: u64) -> Record {
    let open = || stream::repeat(Bytes::from("row\n")).map(Ok::<_, Infallible>);
    Record::from_source(Block::new().id(EventId::from(id)), open)
}

#[test]
fn an_event_whose_source_is_always_ready_can_be_broken_off() {
    let ends: [fn(&Hub); 2] = [
        |hub| hub.close_with(&Block::event("last")),
        |hub| assert_eq!(hub.end_all_of("ada", Some(&Block::event("last"))), 1),
    ];
    for end in ends {
        let hub = Hub::new();
        let mut subscriber = Polled::new(hub.subscribe().owner("ada").open());
        hub.publish(unbounded(1)).unwrap();
        for _ in 0..3 {
            assert!(subscriber.poll().is_ready());
        }
        end(&hub);
        assert!(subscriber.is_over());
        drop(subscriber);
        assert_eq!(hub.metrics().open, 0);
    }
}

/// It is complete with its last part, so a last block may follow.
#[test]
fn an_event_that_is_complete_is_not_broken_off() {
    let hub = Hub::new();
    let subscriber = hub.subscribe().owner("ada").open();
    let mut subscriber = Polled::new(subscriber);
    hub.publish(good(1)).unwrap();
    let mut sent = String::new();
    while !sent.ends_with("\n\n") {
        let Poll::Ready(Some(part)) = subscriber.poll() else {
            panic!("it is always ready")
        };
        sent += &part;
    }
    hub.end_all_of("ada", Some(&Block::event("last")));
    assert_eq!(
        sent + &subscriber.ready().concat(),
        good_on_the_wire(1) + LAST
    );
}
