//! Which records go if all of them together are too large.

use std::collections::BTreeMap;

use esse_encoder::{Block, EventId};
use esse_server::{Hub, Opened, Record, Topics};
use esse_testkit::Random;

use crate::polling::{Polled, event, wire};

const BOUND: usize = 256 * 1024;
/// What a record of one topic counts for besides its frame and the name of the topic.
const OVERHEAD: usize = 256;
/// What each topic of which something is kept counts for.
const TOPIC: usize = 256;

fn hub() -> Hub {
    Hub::builder().keep_bytes(BOUND).build()
}

fn record(id: u64, topic: &str, size: usize) -> Record {
    let block = Block::event("x".repeat(size)).id(EventId::from(id));
    Record::new(&block).with_topics([topic])
}

fn subscribe(hub: &Hub, topic: &str, id: u64) -> Opened {
    let subscribe = hub.subscribe().topics(Topics::of([topic]));
    let subscriber = subscribe.last_event_id(EventId::from(id)).open();
    subscriber.opened().clone()
}

/// With one topic for each user, the heaviest topic is that of the largest message, however new it
/// is.
#[test]
fn of_one_record_for_each_of_many_topics_the_oldest_goes() {
    let hub = hub();
    for id in 0..1_000 {
        let size = 500 + usize::try_from(id * 7919 % 1000).unwrap();
        hub.publish(record(id, &format!("user {id}"), size))
            .unwrap();
    }
    let mut ada = Polled::new(hub.subscribe().topics(Topics::of(["ada"])).open());
    for (id, topic) in [(1_000, "ada"), (1_001, "bob"), (1_002, "eve")] {
        hub.publish(record(id, topic, 1_500)).unwrap();
    }
    let seen = ada.ready();
    assert!(seen.concat().ends_with("\nid: 1000\n\n"), "{seen:?}");
    assert_eq!(seen.len(), 1);

    let kept = hub.metrics().kept as u64;
    for id in 1..1_003 - kept {
        let gap = subscribe(&hub, &format!("user {id}"), id - 1);
        assert!(matches!(gap, Opened::Gap(_)), "{id} is old");
    }
    for id in 1_003 - kept..1_000 {
        let events = subscribe(&hub, &format!("user {id}"), id - 1);
        assert_eq!(events, Opened::Resumed { events: 1 }, "{id} is new");
    }
}

/// Each record costs a place in each of its topics, and each topic costs something too.
#[test]
fn topics_of_their_own_count() {
    let kept = |topics: usize, of_its_own: bool| {
        let hub = hub();
        for id in 0..2_000 {
            let names = (0..topics).map(|n| {
                if of_its_own {
                    format!("topic {n} of {id:04}")
                } else {
                    format!("topic {n} of many")
                }
            });
            let block = Block::event("x").id(EventId::from(id));
            hub.publish(Record::new(&block).with_topics(names)).unwrap();
        }
        let metrics = hub.metrics();
        (metrics.kept, metrics.kept_bytes / metrics.kept)
    };
    for topics in [1, 3, 5] {
        let (kept_of_shared, frame) = kept(topics, false);
        let each = 192 + topics * (64 + "topic 0 of many".len()) + frame;
        let all = BOUND - TOPIC * topics;
        assert!(kept_of_shared.abs_diff(all / each) <= 4, "{kept_of_shared}");
        let (kept_of_own, frame) = kept(topics, true);
        let each = 192 + topics * (64 + "topic 0 of 0000".len() + TOPIC) + frame;
        assert!(kept_of_own.abs_diff(BOUND / each) <= 4, "{kept_of_own}");
    }
}

#[test]
fn a_topic_with_more_than_its_share_shortens_its_own_history() {
    let hub = hub();
    hub.publish(event(0, "quiet")).unwrap();
    for id in 1..1_000 {
        hub.publish(record(id, "loud", 1_000)).unwrap();
    }
    let subscribe = hub.subscribe().topics(Topics::of(["quiet"]));
    let unknown = subscribe.last_event_id(EventId::from(5_000));
    let oldest = unknown.on_gap(|_| esse_server::Recovery::oldest().silently());
    assert_eq!(Polled::new(oldest.open()).ready(), [wire(0, "quiet")]);
}

/// The rule, written down as simply as possible.
#[derive(Default)]
struct Model {
    /// The topic and the size of each record.
    kept: BTreeMap<u64, (usize, usize)>,
    /// How often the heaviest topic gave up a record, and how often the oldest of all went.
    evicted: [usize; 2],
}

impl Model {
    /// Returns `false` if it is open which one goes, because two topics have most.
    fn publish(&mut self, id: u64, topic: usize, size: usize) -> bool {
        self.kept.insert(id, (topic, size));
        loop {
            let mut of_topic = BTreeMap::<usize, usize>::new();
            for (topic, size) in self.kept.values() {
                *of_topic.entry(*topic).or_default() += size + OVERHEAD + name(*topic).len();
            }
            if of_topic.values().sum::<usize>() + TOPIC * of_topic.len() <= BOUND {
                return true;
            }
            let most = of_topic.values().copied().max().unwrap();
            let mut heavy = of_topic.iter().filter(|(_, weight)| **weight == most);
            let heaviest = heavy.next().filter(|_| most > BOUND / 64);
            if heaviest.is_some() && heavy.next().is_some() {
                return false;
            }
            let mut goes = self.kept.iter().filter(|(_, (topic, _))| {
                let heaviest = heaviest.map(|(topic, _)| topic);
                heaviest.is_none_or(|heaviest| heaviest == topic)
            });
            let oldest = *goes.next().unwrap().0;
            self.evicted[usize::from(heaviest.is_none())] += 1;
            self.kept.remove(&oldest);
        }
    }

    fn bytes(&self) -> usize {
        self.kept.values().map(|(_, size)| size).sum()
    }
}

fn name(topic: usize) -> String {
    format!("topic {topic}")
}

#[test]
fn what_goes_is_what_the_model_says() {
    let mut random = Random::new(3);
    let mut evicted = [0, 0];
    for history in 0..60 {
        let topics = [5, 100, 300][history % 3];
        let (hub, mut model) = (hub(), Model::default());
        for id in 0..400 {
            // A few topics are loud.
            let among = if random.once_in(4) { 5 } else { topics };
            let topic = random.below(among);
            let record = record(id, &name(topic), 100 + random.below(3_000));
            if !model.publish(id, topic, record.frame().len()) {
                break;
            }
            hub.publish(record).unwrap();
            let metrics = hub.metrics();
            assert_eq!(metrics.kept, model.kept.len());
            assert_eq!(metrics.kept_bytes, model.bytes());
        }
        evicted = [0, 1].map(|kind| evicted[kind] + model.evicted[kind]);
    }
    assert!(evicted.iter().all(|count| *count > 1_000), "{evicted:?}");
}
