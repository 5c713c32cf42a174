//! Replay from a log that keeps more than the hub, up to the live events.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use esse_encoder::{Block, EventId};
use esse_server::log::{AppendError, Log, LogFuture, Page};
use esse_server::{GapCause, Hub, Record, Recovery};
use futures_util::future;
use proptest::prelude::*;

use crate::polling::{Polled, event, topics, wire};

/// A log whose answers the test can delay.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    records: Vec<Arc<Record>>,
    first: usize,
    page: usize,
    /// By how many polls an answer is late.
    late: usize,
}

impl Fake {
    fn of(ids: RangeInclusive<u64>, page: usize) -> Self {
        let log = Self::default();
        log.0.lock().unwrap().page = page;
        ids.for_each(|id| log.put(id));
        log
    }

    fn put(&self, id: u64) {
        self.keep(Record::new(&event(id, kind(id))));
    }

    fn keep(&self, record: Record) {
        let record = Arc::new(record);
        self.0.lock().unwrap().records.push(record);
    }

    fn page(&self, id: Option<&EventId>) -> Page {
        let kept = self.0.lock().unwrap();
        let found = kept.records.iter().position(|record| record.id() == id);
        let start = match (id, found) {
            (None, _) => kept.first,
            (Some(_), None) => return Page::Gap(GapCause::UnknownId),
            (Some(_), Some(at)) if at + 1 < kept.first => return Page::Gap(GapCause::TooOld),
            (Some(_), Some(at)) => at + 1,
        };
        let records = kept.records[start..].iter().take(kept.page);
        Page::Records(records.cloned().collect())
    }
}

impl Log for Fake {
    fn append(&self, _: Record) -> LogFuture<'_, Result<(), AppendError>> {
        Box::pin(future::ready(Err(AppendError::Unfit("a test".into()))))
    }

    fn after(&self, id: Option<EventId>) -> LogFuture<'_, Page> {
        let mut late = self.0.lock().unwrap().late;
        let page = self.page(id.as_ref());
        Box::pin(future::poll_fn(move |cx| {
            if late == 0 {
                return std::task::Poll::Ready(page.clone());
            }
            late -= 1;
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        }))
    }
}

/// Every third event has a topic that not every subscriber wants.
fn kind(id: u64) -> &'static str {
    if id % 3 == 0 { "rare" } else { "a" }
}

fn hub(log: &Fake, keep: usize) -> Hub {
    Hub::builder()
        .keep_events(keep)
        .history(Arc::new(log.clone()))
        .build()
}

fn publish(hub: &Hub, ids: RangeInclusive<u64>) {
    let events = ids.map(|id| event(id, kind(id)));
    hub.publish_all(events).unwrap();
}

fn wires(ids: impl IntoIterator<Item = u64>) -> Vec<String> {
    ids.into_iter().map(|id| wire(id, kind(id))).collect()
}

#[test]
fn what_the_ring_has_is_not_asked_for() {
    let log = Fake::of(1..=9, 2);
    let hub = hub(&log, 4);
    publish(&hub, 5..=9);
    log.0.lock().unwrap().late = usize::MAX;
    assert_eq!(Polled::after(&hub, 6).ready(), wires(7..=9));
}

#[test]
fn what_is_older_comes_from_the_log_and_then_the_ring_goes_on() {
    let log = Fake::of(1..=9, 2);
    let hub = hub(&log, 3);
    publish(&hub, 1..=9);
    let mut subscriber = Polled::after(&hub, 2);
    assert_eq!(subscriber.ready(), wires(3..=9));
    hub.publish(event(10, "a")).unwrap();
    assert_eq!(subscriber.wakes(), 1);
    assert_eq!(subscriber.ready(), wires(10..=10));
    assert_eq!(hub.metrics().replayed, 7);
}

#[test]
fn the_newest_in_the_log_joins_what_comes_next() {
    let log = Fake::of(1..=3, 2);
    let hub = hub(&log, 3);
    let mut subscriber = Polled::after(&hub, 3);
    assert_eq!(subscriber.ready(), Vec::<String>::new());
    log.put(4);
    hub.publish(event(4, "a")).unwrap();
    assert!(subscriber.wakes() > 0);
    assert_eq!(subscriber.ready(), wires(4..=4));
}

#[test]
fn a_hub_that_says_where_it_starts_needs_no_log_for_that_id() {
    let log = Fake::of(1..=3, 2);
    log.0.lock().unwrap().late = usize::MAX;
    let hub = hub(&log, 3);
    hub.starts_after(&EventId::from(3));
    let mut subscriber = Polled::after(&hub, 3);
    hub.publish(event(4, "a")).unwrap();
    assert_eq!(subscriber.ready(), wires(4..=4));
}

#[test]
fn replay_passes_topics_and_authorisation() {
    let log = Fake::of(1..=5, 3);
    log.keep(Record::new(&event(6, "rare")).for_audience("6"));
    (7..=12).for_each(|id| log.put(id));
    let hub = hub(&log, 1);
    let subscribe = hub.subscribe().topics(topics(&["rare"]));
    let subscribe = subscribe.last_event_id(EventId::from(1));
    let not_6 = |audience: &str| audience != "6";
    let subscriber = subscribe.authorize(not_6).open();
    assert_eq!(Polled::new(subscriber).ready(), wires([3, 9, 12]));
}

#[test]
fn a_trimmed_log_gives_the_gap() {
    let log = Fake::of(1..=9, 2);
    log.0.lock().unwrap().first = 5;
    let hub = Hub::builder()
        .on_gap(|gap| Recovery::oldest().with(&Block::event(format!("{:?}", gap.cause))))
        .history(Arc::new(log.clone()))
        .build();
    let frames = Polled::after(&hub, 2).ready();
    assert_eq!(frames[0], "data: TooOld\n\n");
    assert_eq!(frames[1..], wires(6..=9));
}

#[test]
fn a_client_that_is_sent_away_comes_back_with_the_newest_id() {
    let log = Fake::of(1..=9, 2);
    log.0.lock().unwrap().first = 5;
    let hub = Hub::builder()
        .on_gap(|_| Recovery::close())
        .history(Arc::new(log.clone()))
        .build();
    publish(&hub, 7..=9);
    for (id, cause) in [(2, "too_old"), (777, "unknown_id")] {
        let mut sent_away = Polled::after(&hub, id);
        let seen = sent_away.ready().concat();
        assert!(
            seen.contains(cause) && seen.ends_with("id: 9\n\n"),
            "{seen}"
        );
        assert!(sent_away.is_over());
    }
    let mut back = Polled::after(&hub, 9);
    hub.publish(event(10, "a")).unwrap();
    assert_eq!(back.ready(), wires(10..=10));
}

/// It gets the rest from the log, so it must not get the newest ID.
#[test]
fn a_client_that_is_sent_away_for_reading_slowly_goes_on_where_it_was() {
    let log = Fake::of(1..=9, 2);
    let hub = Hub::builder().keep_events(3).on_gap(|_| Recovery::close());
    let hub = hub.history(Arc::new(log.clone())).build();
    publish(&hub, 1..=1);
    let mut slow = Polled::live(&hub);
    publish(&hub, 2..=9);
    let seen = slow.ready().concat();
    assert!(seen.contains("fell_behind"), "{seen}");
    assert!(seen.ends_with("\nid: 1\n\n"), "{seen}");
    let mut back = Polled::after(&hub, 1);
    assert_eq!(back.ready(), wires(2..=9));

    publish(&hub, 10..=19);
    let seen = back.ready().concat();
    let keeps_its_own = !seen.contains("\nid:");
    assert!(seen.contains("fell_behind") && keeps_its_own, "{seen}");
}

/// The notice for a client that comes back after this ID. It gets what it did not read.
fn sent_back(id: u64) -> String {
    let missed = r#""cause":"fell_behind","missed":0,"exact":false,"topics":["a"]"#;
    format!("event: missed\ndata: {{{missed}}}\nid: {id}\n\n")
}

/// Otherwise it would come back as a new client, and what it did not read would be lost silently.
#[test]
fn a_client_without_an_id_that_is_sent_away_comes_back_where_it_was() {
    let log = Fake::of(1..=20, 2);
    let hub = hub(&log, 3);
    publish(&hub, 1..=1);
    let mut at_open = Polled::of(&hub, &["a"]);
    publish(&hub, 2..=9);
    assert_eq!(at_open.ready(), [sent_back(1)]);
    assert_eq!(hub.metrics().gaps.events, 0);
    assert!(at_open.is_over());
    assert_eq!(Polled::after(&hub, 1).ready(), wires(2..=9));

    let mut looked = Polled::of(&hub, &["a"]);
    publish(&hub, 12..=12);
    assert!(looked.poll().is_pending());
    publish(&hub, 13..=19);
    assert_eq!(looked.ready(), [sent_back(12)]);
    assert!(looked.is_over());
}

#[test]
fn a_client_that_waited_for_the_feed_comes_back_where_that_began() {
    let log = Fake::of(1..=9, 2);
    let hub = hub(&log, 3);
    let mut early = Polled::live(&hub);
    assert!(early.poll().is_pending());
    hub.starts_after(&EventId::from(3));
    publish(&hub, 4..=5);
    let Poll::Ready(Some(notice)) = early.poll() else {
        panic!("nothing came")
    };
    let is_early = notice.contains("before_feed") && !notice.contains("\nid:");
    assert!(is_early, "{notice}");
    publish(&hub, 6..=12);
    let seen = early.ready().concat();
    assert!(seen.ends_with("\nid: 3\n\n"), "{seen}");
    assert!(early.is_over());
}

#[test]
fn a_client_that_could_not_come_back_where_it_was_gets_a_notice() {
    let log = Fake::of(1..=9, 2);
    let hub = hub(&log, 3);
    hub.publish(Block::event("no ID")).unwrap();
    let mut subscriber = Polled::of(&hub, &["a"]);
    publish(&hub, 1..=8);
    let seen = subscriber.ready();
    let missed = r#""cause":"fell_behind","missed":3,"exact":true"#;
    assert!(seen[0].contains(missed), "{seen:?}");
    assert_eq!(seen[1..], wires([5, 7, 8]));
    assert!(!subscriber.is_over());
}

/// Its feed never begins.
#[test]
fn draining_ends_one_that_waits_for_the_feed() {
    let log = Fake::of(1..=9, 2);
    let hub = hub(&log, 3);
    let mut early = Polled::live(&hub);
    assert!(early.poll().is_pending());
    hub.drain_with(&Block::event("bye"));
    assert!(early.wakes() > 0);
    assert_eq!(early.ready(), ["data: bye\n\n"]);
    assert!(early.is_over());
    drop(early);
    assert_eq!(hub.metrics().closed.shutdown, 1);
}

#[test]
fn shutdown_ends_a_replay_and_draining_ends_one_that_waits_to_join() {
    let close: fn(&Hub) = |hub| hub.close();
    for (late, after, end) in [(usize::MAX, 2, close), (0, 9, |hub| hub.drain())] {
        let log = Fake::of(1..=9, 2);
        log.0.lock().unwrap().late = late;
        let hub = hub(&log, 3);
        let mut subscriber = Polled::after(&hub, after);
        assert!(subscriber.poll().is_pending());
        subscriber.wakes();
        end(&hub);
        assert!(subscriber.wakes() > 0);
        assert!(subscriber.is_over());
    }
}

/// A way to end a subscriber, and what is sent last.
type End = fn(&Hub);

const ENDS: [End; 2] = [
    |hub| hub.close_with(&Block::event("last")),
    |hub| assert_eq!(hub.end_all_of("ada", Some(&Block::event("last"))), 1),
];

#[test]
fn whoever_ends_a_replay_ends_it_at_once() {
    for (end, read) in ENDS.into_iter().flat_map(|end| [(end, 0), (end, 1)]) {
        let log = Fake::of(1..=1000, 64);
        let hub = hub(&log, 3);
        let subscribe = hub.subscribe().owner("ada");
        let subscriber = subscribe.last_event_id(EventId::from(1)).open();
        let mut subscriber = Polled::new(subscriber);
        for id in 2..2 + read {
            assert_eq!(subscriber.poll(), Poll::Ready(Some(wire(id, kind(id)))));
        }
        end(&hub);
        assert_eq!(subscriber.ready(), ["data: last\n\n"]);
        assert!(subscriber.is_over());
    }
}

#[test]
fn another_owner_that_is_ended_does_not_end_a_replay() {
    let log = Fake::of(1..=9, 2);
    let hub = hub(&log, 3);
    let _other = hub.subscribe().owner("ada").open();
    let mut subscriber = Polled::after(&hub, 1);
    assert!(subscriber.poll().is_ready());
    assert_eq!(hub.end_all_of("ada", None), 1);
    assert_eq!(subscriber.ready(), wires(3..=9));
}

/// The log may have lost it too, as after a crash of Redis.
#[test]
fn what_the_hub_itself_missed_is_reported_although_there_is_a_log() {
    let log = Fake::of(1..=3, 2);
    let hub = hub(&log, 30);
    hub.starts_after(&EventId::from(0));
    let (mut fast, mut slow) = (Polled::live(&hub), Polled::live(&hub));
    publish(&hub, 1..=3);
    assert_eq!(fast.ready(), wires(1..=3));
    assert_eq!(slow.ready(), wires(1..=3));
    publish(&hub, 4..=6);
    assert_eq!(fast.ready(), wires(4..=6));
    hub.fell_behind();
    publish(&hub, 7..=7);
    for subscriber in [&mut fast, &mut slow] {
        let seen = subscriber.ready();
        let missed = r#""cause":"fell_behind","missed":0,"exact":false"#;
        assert!(seen[0].contains(missed), "{seen:?}");
        assert_eq!(seen[1..], wires(7..=7));
        assert!(!subscriber.is_over());
    }
    // What it loses from now on is in the log.
    publish(&hub, 8..=100);
    assert_eq!(slow.ready(), [""; 0]);
    assert!(slow.is_over());
}

/// What the hub keeps of a quiet topic may be older than what the client has.
#[test]
fn nothing_comes_twice_if_the_log_was_emptied() {
    for remembered in [0, 100] {
        let log = Fake::default();
        log.0.lock().unwrap().page = 2;
        let hub = Hub::builder().keep_events(2).remember_events(remembered);
        let hub = hub.history(Arc::new(log.clone())).build();
        for (id, kind) in [(1, "quiet"), (2, "a"), (3, "a"), (4, "a"), (5, "a")] {
            log.keep(Record::new(&event(id, kind)));
            hub.publish(event(id, kind)).unwrap();
        }
        log.0.lock().unwrap().first = 5;
        let mut back = Polled::after(&hub, 2);
        let seen = back.ready();
        assert!(seen[0].contains("too_old"), "{seen:?}");
        assert_eq!(seen[1..], [4, 5].map(|id| wire(id, "a")), "{remembered}");
    }
}

/// The hub has only what came since, and the page was read before that.
#[test]
fn a_feed_that_begins_while_the_log_is_asked_loses_no_wake_up() {
    let log = Fake::of(1..=2, 2);
    log.0.lock().unwrap().late = 1;
    let hub = hub(&log, 3);
    let mut subscriber = Polled::after(&hub, 2);
    assert!(subscriber.poll().is_pending());
    log.put(3);
    hub.starts_after(&EventId::from(3));
    let mut seen = Vec::new();
    while subscriber.wakes() > 0 {
        seen.extend(subscriber.ready());
    }
    assert_eq!(seen, wires(3..=3));
}

/// It ends with a record that no page can be asked for after.
#[test]
fn records_without_an_id_at_the_end_of_a_log_wait_for_one_with_an_id() {
    let log = Fake::of(1..=2, 5);
    log.keep(Record::new(&Block::event("x")));
    let hub = hub(&log, 3);
    let mut subscriber = Polled::after(&hub, 1);
    assert_eq!(subscriber.poll(), Poll::Ready(Some(wire(2, "a"))));
    assert!(subscriber.poll().is_pending());
    log.put(3);
    publish(&hub, 3..=3);
    assert!(subscriber.wakes() > 0);
    assert_eq!(
        subscriber.ready(),
        ["data: x\n\n".to_owned(), wire(3, "rare")]
    );
}

/// A log that has nothing at all, not even its oldest records.
struct Lost;

impl Log for Lost {
    fn append(&self, _: Record) -> LogFuture<'_, Result<(), AppendError>> {
        Box::pin(future::ready(Err(AppendError::Unfit("a test".into()))))
    }

    fn after(&self, _: Option<EventId>) -> LogFuture<'_, Page> {
        Box::pin(future::ready(Page::Gap(GapCause::UnknownId)))
    }
}

#[test]
fn a_log_without_an_oldest_record_is_one_gap() {
    let hub = Hub::builder().on_gap(|_| Recovery::oldest());
    let hub = hub.history(Arc::new(Lost)).build();
    publish(&hub, 4..=5);
    let mut subscriber = Polled::after(&hub, 77);
    let seen: Vec<_> = (0..10).map(|_| subscriber.poll()).collect();
    assert!(matches!(&seen[0], Poll::Ready(Some(notice)) if notice.contains("unknown_id")));
    let kept = wires(4..=5).into_iter().map(|wire| Poll::Ready(Some(wire)));
    assert!(kept.eq(seen[1..3].iter().cloned()), "{seen:?}");
    assert!(seen[3..].iter().all(Poll::is_pending), "{seen:?}");
}

proptest! {
    /// The log takes a record, the hub gets it later, an answer is late, the subscriber is polled
    /// only when it was woken: nothing is lost, nothing comes twice, and nothing waits for ever.
    #[test]
    fn replay_joins_live(
        steps in proptest::collection::vec(0u8..4, 1..200),
        start in 1u64..20,
        late in 0usize..3,
        page in 1usize..5,
    ) {
        let log = Fake::of(1..=20, page);
        log.0.lock().unwrap().late = late;
        let hub = hub(&log, 200);
        let (mut in_log, mut in_hub) = (20, 15);
        let mut subscriber = Polled::after(&hub, start);
        let mut got = subscriber.ready();
        for step in steps {
            match step {
                0 => { in_log += 1; log.put(in_log); }
                1 if in_hub < in_log => { in_hub += 1; hub.publish(event(in_hub, kind(in_hub))).unwrap(); }
                _ => if subscriber.wakes() > 0 { got.extend(subscriber.ready()) },
            }
        }
        while in_hub < in_log { in_hub += 1; hub.publish(event(in_hub, kind(in_hub))).unwrap(); }
        while subscriber.wakes() > 0 { got.extend(subscriber.ready()); }
        prop_assert_eq!(got, wires(start + 1..=in_log));
    }
}
