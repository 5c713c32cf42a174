//! How much is looked at, and who is woken: counts, which no clock can blur.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_testkit::Random;

use super::list::LOOKED;
use super::*;
use crate::held::Held;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn held() -> Held {
    Held::at_most(usize::MAX)
}

fn state() -> State {
    state_of(usize::MAX)
}

fn state_of(bytes: usize) -> State {
    state_with(bytes, Keep::events(usize::MAX), 1 << 20)
}

fn state_with(bytes: usize, each: Keep, remembered: usize) -> State {
    let bounds = Bounds {
        bytes,
        each,
        of_topic: HashMap::new(),
        remembered,
    };
    let limits = Limits {
        subscribers: usize::MAX,
        of_one_owner: usize::MAX,
    };
    State::new(bounds, limits, false)
}

fn publish(state: &mut State, id: u64, topic: &str) -> usize {
    publish_at(state, id, &[topic], 0)
}

fn publish_at(state: &mut State, id: u64, topics: &[&str], seconds: u64) -> usize {
    let block = Block::event("x").id(EventId::from(id));
    let record = Record::new(&block).with_topics(topics.iter().copied());
    let mut after = Aftermath::default();
    let now = Duration::from_secs(seconds);
    assert!(state.append([Arc::new(record)], now, &mut after));
    let woken = after.wake.len();
    after.run(&held());
    woken
}

/// Polls as a subscriber does. Returns whether there was a record.
fn poll(state: &mut State, key: SubscriberKey, waker: &Waker) -> bool {
    let mut after = Aftermath::default();
    let next = state.next(key, waker, &mut after);
    after.run(&held());
    matches!(next, Next::Record(..))
}

fn open(state: &mut State, topics: &[&str]) -> SubscriberKey {
    let topics = Topics::of(topics.iter().copied());
    state.open(&topics, None).unwrap_or_else(|_| unreachable!())
}

#[test]
fn entries_of_other_topics_are_never_looked_at() {
    for others in [1_000, 10_000, 100_000, 1_000_000] {
        let mut state = state();
        let key = open(&mut state, &["head", "block"]);
        assert!(!poll(&mut state, key, Waker::noop()));
        for id in 0..others {
            publish(&mut state, id, "attestation");
        }
        publish(&mut state, others, "head");
        let before = state.history.looked();
        assert!(poll(&mut state, key, Waker::noop()));
        assert!(!poll(&mut state, key, Waker::noop()));
        let looked = state.history.looked() - before;
        assert_eq!(looked, 2, "once in each poll, among {others}");
    }
}

#[test]
fn a_subscriber_that_keeps_up_looks_at_two_entries_of_each_topic_at_most() {
    for kept in [1_000, 10_000, 100_000, 1_000_000] {
        let mut state = state();
        let topics = ["head", "block"];
        let key = open(&mut state, &topics);
        for id in 0..kept {
            publish(&mut state, id, topics[usize::from(id % 2 == 0)]);
        }
        state.seek_newest(key);
        for id in 0..100 {
            publish(&mut state, kept + id, "head");
            let before = state.history.looked();
            assert!(poll(&mut state, key, Waker::noop()));
            let looked = state.history.looked() - before;
            assert!(
                looked <= 2 * topics.len() as u64,
                "{looked} entries of {kept}"
            );
        }
    }
}

#[test]
fn the_work_of_one_that_keeps_up_does_not_grow_with_its_topics() {
    let mut state = state();
    let topics: Vec<_> = (0..4_000).map(|n| format!("topic {n}")).collect();
    let names: Vec<_> = topics.iter().map(String::as_str).collect();
    let key = open(&mut state, &names);
    for (id, topic) in (0..).zip(&topics) {
        publish(&mut state, id, topic);
    }
    while poll(&mut state, key, Waker::noop()) {}
    let before = state.history.looked();
    for (id, topic) in (4_000..).zip(&topics) {
        publish(&mut state, id, "of nobody");
        publish(&mut state, id, topic);
        assert!(poll(&mut state, key, Waker::noop()));
        assert!(!poll(&mut state, key, Waker::noop()));
    }
    let looked = state.history.looked() - before;
    assert_eq!(looked, 4_000, "the record itself");
}

#[test]
fn a_backlog_costs_a_logarithm_for_each_record() {
    let mut state = state();
    let key = open(&mut state, &["head"]);
    for id in 0..100_000 {
        publish(&mut state, id, "head");
    }
    let mut read = 0;
    while poll(&mut state, key, Waker::noop()) {
        read += 1;
    }
    assert_eq!(read, 100_000);
    let each = state.history.looked() / read;
    assert!(each <= 36, "{each} entries for each record");
}

#[test]
fn a_backlog_of_many_topics_costs_no_look_at_each_of_them() {
    const TOPICS: u64 = 300;
    let mut state = state();
    let topics: Vec<_> = (0..TOPICS).map(|n| format!("topic {n}")).collect();
    let names: Vec<_> = topics.iter().map(String::as_str).collect();
    let key = open(&mut state, &names);
    for id in 0..30 * TOPICS {
        publish(&mut state, id, names[usize::try_from(id % TOPICS).unwrap()]);
        publish(&mut state, id, "of nobody");
    }
    let mut read = 0;
    while poll(&mut state, key, Waker::noop()) {
        read += 1;
    }
    assert_eq!(read, 30 * TOPICS);
    let each = state.history.looked() / read;
    assert!(each <= 40, "{each} entries for each record");
}

#[test]
fn a_private_message_wakes_one() {
    const USERS: usize = 10_000;
    let mut state = state();
    let count = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&count));
    let topics: Vec<_> = (0..USERS).map(|user| format!("user {user}")).collect();
    let keys = topics
        .iter()
        .map(|topic| open(&mut state, &["everyone", topic]));
    let keys: Vec<_> = keys.collect();
    for key in &keys {
        assert!(!poll(&mut state, *key, &waker));
    }
    for (id, topic) in (0..).zip(&topics) {
        assert_eq!(publish(&mut state, id, topic), 1);
    }
    assert_eq!(count.0.load(Ordering::Relaxed), USERS);
    for key in &keys {
        assert!(poll(&mut state, *key, &waker), "it has its message");
        assert!(!poll(&mut state, *key, &waker));
    }
    assert_eq!(publish(&mut state, 0, "everyone"), USERS);
}

#[test]
fn a_task_that_waits_and_polls_again_leaves_one_waker() {
    let mut state = state();
    open(&mut state, &["a"]);
    let mut waiter = None;
    for _ in 0..1_000 {
        let mut after = Aftermath::default();
        assert!(!state.is_empty(&mut waiter, Waker::noop(), &mut after));
        after.run(&held());
    }
    assert_eq!(state.waiters.len(), 1);
    #[cfg(feature = "redis")]
    {
        (0..1_000).for_each(|_| state.wake_when_over(Waker::noop()));
        assert_eq!(state.over.len(), 1);
    }
}

#[test]
fn a_topic_that_nobody_needs_is_dropped() {
    let mut state = state();
    for user in 0..1_000 {
        let key = open(&mut state, &[&format!("user {user}")]);
        let mut after = Aftermath::default();
        state.shut(key, Outcome::Receiver, &mut after);
        after.run(&held());
    }
    assert_eq!(state.metrics().topics, 0);
}

#[test]
fn metrics_look_at_no_subscriber() {
    for subscribers in [10, 10_000] {
        let mut state = state();
        let keys: Vec<_> = (0..subscribers).map(|_| open(&mut state, &["a"])).collect();
        for id in 0..3 {
            publish(&mut state, id, "a");
        }
        for key in &keys[1..] {
            assert!(poll(&mut state, *key, Waker::noop()));
        }
        let before = LOOKED.get();
        assert_eq!(state.metrics().lag, 3, "of the first");
        assert_eq!(state.metrics().open, subscribers);
        assert_eq!(LOOKED.get(), before);
    }
}

/// What subscribers do, in any order. The lag is that of a walk over all of them.
#[test]
fn the_lag_is_that_of_the_slowest() {
    let mut random = Random::new(7);
    let mut state = state();
    let mut keys = Vec::new();
    for id in 0..20_000 {
        let at = random.below(keys.len().max(1));
        match (random.below(8), keys.get(at).copied()) {
            (0, _) => keys.push(open(&mut state, &[random.pick(&["a", "b"])])),
            (1, _) => {
                publish(&mut state, id, random.pick(&["a", "b"]));
            }
            (2, Some(key)) if keys.len() > 4 => {
                keys.swap_remove(at);
                let mut after = Aftermath::default();
                state.shut(key, Outcome::Receiver, &mut after);
                after.run(&held());
            }
            (3, Some(key)) => state.seek_oldest(key),
            (4, Some(key)) => {
                let mut after = Aftermath::default();
                state.wait_no_more(key, &mut after);
                after.run(&held());
            }
            (_, Some(key)) => {
                poll(&mut state, key, Waker::noop());
            }
            (_, None) => {}
        }
        let slots = keys.iter().map(|key| state.slots.at(*key));
        let behind = slots.filter(|slot| !slot.waits()).map(Slot::cursor).min();
        let walked = behind.map_or(0, |lowest| state.history.end().since(lowest));
        assert_eq!(state.metrics().lag, walked);
    }
}

/// Whatever order they leave in, nobody looks for the place of one.
#[test]
fn a_crowd_that_leaves_costs_the_same_for_each() {
    for subscribers in [100, 1_000, 10_000] {
        for order in [Order::Opened, Order::Reverse, Order::Random] {
            let mut state = state();
            let names = (0..subscribers).map(|user| format!("user {user}"));
            let keys = names.map(|name| open(&mut state, &["everyone", &name]));
            let mut keys: Vec<_> = keys.collect();
            // One filter for all of these.
            keys.extend((0..subscribers).map(|_| open(&mut state, &["everyone"])));
            for key in &keys {
                assert!(!poll(&mut state, *key, Waker::noop()));
            }
            order.arrange(&mut keys);
            let before = LOOKED.get();
            for key in &keys {
                let mut after = Aftermath::default();
                state.shut(*key, Outcome::Receiver, &mut after);
                after.run(&held());
            }
            let looked = LOOKED.get() - before;
            let each = looked.div_ceil(keys.len() as u64);
            assert!(each <= 8, "{each} of {subscribers}, {order:?}");
            assert_eq!(state.metrics().topics, 0);
        }
    }
}

/// One topic for each user, and none of them has more than its share.
#[test]
fn evicting_from_very_many_topics_looks_at_few_entries() {
    const RECORDS: u64 = 100_000;
    let mut state = state_of(1_000 * 300);
    let before = LOOKED.get();
    for id in 0..RECORDS {
        publish(&mut state, id, &format!("user {id}"));
    }
    let evicted = RECORDS - state.metrics().kept as u64;
    assert!(evicted > RECORDS / 2);
    let looked = LOOKED.get() - before;
    assert!(
        looked <= 3 * RECORDS,
        "{looked} entries for {evicted} evicted"
    );
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Opened,
    Reverse,
    Random,
}

impl Order {
    fn arrange(self, keys: &mut [SubscriberKey]) {
        match self {
            Self::Opened => {}
            Self::Reverse => keys.reverse(),
            Self::Random => {
                let mut random = Random::new(1);
                (1..keys.len()).for_each(|last| keys.swap(last, random.below(last + 1)));
            }
        }
    }
}

/// A third of the interval passes between two looks at the same subscriber, and no tick looks at
/// more than a part of them.
#[test]
fn keep_alives_are_spread() {
    const SUBSCRIBERS: usize = 10_000;
    let mut state = state();
    let count = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&count));
    let keys: Vec<_> = (0..SUBSCRIBERS).map(|_| open(&mut state, &["a"])).collect();
    for key in &keys {
        assert!(!poll(&mut state, *key, &waker));
    }
    let mut most = 0;
    for _ in 0..TICKS {
        let before = count.0.load(Ordering::Relaxed);
        let mut after = Aftermath::default();
        state.tick(Duration::ZERO, &mut after);
        after.run(&held());
        most = most.max(count.0.load(Ordering::Relaxed) - before);
    }
    assert_eq!(
        count.0.load(Ordering::Relaxed),
        SUBSCRIBERS,
        "each once in an interval"
    );
    assert!(
        most * 50 <= SUBSCRIBERS,
        "{most} of {SUBSCRIBERS} in one tick"
    );
}

/// More records expire at once than are remembered, and their topics are dropped with them.
#[test]
fn topics_are_dropped_while_their_records_expire() {
    for (remembered, topics) in [(0, 2), (3, 10), (100, 300)] {
        for end in [End::Resume, End::Tick, End::Page] {
            let keep = Keep::events(usize::MAX).age(Duration::from_secs(10));
            let mut state = state_with(usize::MAX, keep, remembered);
            let names: Vec<_> = (0..topics)
                .map(|topic| format!("topic {topic:03}"))
                .collect();
            publish_at(&mut state, 0, &[&names[0], &names[topics - 1]], 0);
            for (id, name) in (1..).zip(&names) {
                publish_at(&mut state, id, &[name, "all"], 0);
            }
            let newest = topics as u64 + 1;
            publish_at(&mut state, newest, &["newest"], 1);
            end.reach(&mut state, newest, 100);
            let metrics = state.metrics();
            assert_eq!(
                (metrics.kept, metrics.remembered),
                (1, remembered.min(topics + 1))
            );
        }
    }
}

#[test]
fn only_topics_of_which_something_expires_are_looked_at() {
    const TOPICS: u64 = 100_000;
    for end in [End::Resume, End::Tick] {
        let keep = Keep::events(usize::MAX).age(Duration::from_secs(10));
        let mut state = state_with(usize::MAX, keep, usize::MAX);
        for id in 0..TOPICS {
            // A hundred of them expire first.
            let second = u64::from(id >= 100);
            publish_at(&mut state, id, &[&format!("user {id}")], second);
        }
        let before = LOOKED.get();
        end.reach(&mut state, TOPICS - 1, 10);
        let looked = LOOKED.get() - before;
        assert!(looked <= 20, "{looked} while nothing expires: {end:?}");
        end.reach(&mut state, TOPICS - 1, 11);
        assert_eq!(state.metrics().kept, 100_000 - 100);
        let looked = LOOKED.get() - before;
        assert!(looked <= 2_000, "{looked} for 100 that expire: {end:?}");
    }
}

/// Where the history learns what time it is.
#[derive(Clone, Copy, Debug)]
enum End {
    Resume,
    Tick,
    Page,
}

impl End {
    fn reach(self, state: &mut State, newest: u64, seconds: u64) {
        let now = Duration::from_secs(seconds);
        let mut after = Aftermath::default();
        match self {
            Self::Resume => {
                let key = state.open(&Topics::ALL, None).unwrap();
                let found = state.resume_after(key, &EventId::from(newest), now, &mut after);
                assert!(found.is_some());
            }
            Self::Tick => state.tick(now, &mut after),
            Self::Page => {
                let page = state.page(None, 10, now, &mut after);
                assert_eq!(page.map(|records| records.len()), Ok(1));
            }
        }
        after.run(&held());
    }
}
