//! Whatever is published, evicted and read in whatever order: between two things that a subscriber
//! sees lies exactly what its notices say.
//!
//! The model keeps everything that was published, and never asks what the hub keeps. So it holds
//! for any bounds: what a subscriber wants and may see is sent, or counted in a gap, and never both.
//! Only a subscriber that goes on with the oldest record that is kept has to learn which these are.
//! It learns that from another one, of all topics.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

// The tests of the hub use more of it.
#[allow(dead_code)]
#[path = "../../tests/hub/polling.rs"]
mod polling;

use std::collections::BTreeSet;
use std::mem;
use std::ops::Range;
use std::task::Poll;
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_server::{Hub, Keep, Opened, Record, Recovery, Subscriber, Topics};
use esse_testkit::Random;

use crate::polling::{Polled, event};

const TOPICS: [&str; 4] = ["a", "b", "c", "d"];
/// Topics without events. A subscriber that asks for many topics is served in another way.
const SILENT: [&str; 8] = ["e", "f", "g", "h", "i", "j", "k", "l"];
const AUDIENCES: [&str; 2] = ["me", "you"];
const KEYS: [&str; 2] = ["price", "place"];
/// An ID that no record has.
const UNKNOWN: u64 = 1_000_000;

struct Published {
    topics: Vec<usize>,
    audience: Option<usize>,
    key: Option<usize>,
    /// Or a comment, which may go without a notice.
    is_event: bool,
    /// By a later one with its key, so that it may go without a notice too.
    is_replaced: bool,
}

/// What a subscriber asks for and may see.
#[derive(Clone)]
struct Filter {
    wants: Option<Vec<usize>>,
    is: Option<usize>,
}

struct Reader {
    subscriber: Polled<Subscriber>,
    filter: Filter,
    /// It knows of everything before this record.
    next: usize,
    /// How many events its notices say that it missed since.
    missed: usize,
    /// A notice said that an unknown number of events before this record is missing.
    vague_to: usize,
    /// It does not know its ID, and gets a notice of that first.
    is_lost: bool,
    /// It does not miss these: they were not kept when it went on with the oldest.
    forgiven: BTreeSet<usize>,
    waits: bool,
}

struct World {
    random: Random,
    hub: Hub,
    /// Record `n` has the ID `n`.
    published: Vec<Published>,
    readers: Vec<Reader>,
    /// Whether the hub remembers every record.
    remembers: bool,
    has_keys: bool,
    /// What was seen, so that a test that sees nothing does not pass.
    seen: Seen,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    subscribers: usize,
    events: usize,
    resumed: usize,
    gaps: usize,
    unknown: usize,
    oldest: usize,
    positions: usize,
    comments: usize,
    replaced: usize,
}

impl Filter {
    fn random(random: &mut Random) -> Self {
        let all = random.once_in(3);
        let some = (0..TOPICS.len()).filter(|_| random.once_in(2)).collect();
        Self {
            wants: (!all).then_some(some),
            is: [None, Some(0), Some(1)][random.below(3)],
        }
    }

    /// Whether its subscriber is woken for the record.
    fn wants(&self, record: &Published) -> bool {
        let named = |wants: &Vec<usize>| wants.iter().any(|topic| record.topics.contains(topic));
        record.topics.is_empty() || self.wants.as_ref().is_none_or(named)
    }

    /// Whether its subscriber learns of it if the record is lost.
    fn misses(&self, record: &Published) -> bool {
        record.is_event && self.lets_through(record)
    }

    /// Whether its subscriber gets the record.
    fn lets_through(&self, record: &Published) -> bool {
        self.wants(record) && record.audience.is_none_or(|of| self.is == Some(of))
    }
}

impl Published {
    fn to_record(&self, number: u64) -> Record {
        let block = if self.is_event {
            event(number, "x")
        } else {
            Block::new().comment("x").id(EventId::from(number))
        };
        let topics = self.topics.iter().map(|topic| TOPICS[*topic]);
        let mut record = Record::new(&block).with_topics(topics);
        if let Some(audience) = self.audience {
            record = record.for_audience(AUDIENCES[audience]);
        }
        if let Some(key) = self.key {
            record = record.latest_of(KEYS[key]);
        }
        record
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let remembers = !random.once_in(4);
        let mut hub = Hub::builder()
            .keep_events(1 + random.below(6))
            .keep_topic("d", Keep::events(1 + random.below(20)))
            .keep_bytes([usize::MAX, 3000][random.below(2)])
            .remember_events(if remembers { 10_000 } else { random.below(8) });
        if random.once_in(2) {
            hub = hub.keep_topic("a", Keep::events(1 + random.below(3)));
        }
        if random.once_in(4) {
            let keep = Keep::events(1 + random.below(6));
            hub = hub.keep_topic("b", keep.age(Duration::ZERO));
        }
        let hub = hub.build();
        Self {
            has_keys: random.once_in(2),
            random,
            hub,
            published: Vec::new(),
            readers: Vec::new(),
            remembers,
            seen: Seen::default(),
        }
    }

    fn step(&mut self) {
        match self.random.below(8) {
            0..=2 => self.publish(),
            3 => self.open(),
            4 if !self.readers.is_empty() => {
                let gone = self.random.below(self.readers.len());
                drop(self.readers.swap_remove(gone));
            }
            _ => self.poll(),
        }
    }

    fn publish(&mut self) {
        let start = self.published.len();
        for _ in 0..=self.random.below(4) {
            let record = self.record();
            self.replace_earlier(record.key);
            self.published.push(record);
        }
        let records = (start..).zip(&self.published[start..]);
        let records = records.map(|(number, record)| record.to_record(number as u64));
        self.hub.publish_all(records.collect::<Vec<_>>()).unwrap();
        for reader in &mut self.readers {
            let mut new = self.published[start..].iter();
            let wanted = new.any(|record| reader.filter.wants(record));
            let woken = reader.waits && wanted;
            assert_eq!(reader.subscriber.wakes(), usize::from(woken));
            reader.waits &= !wanted;
        }
    }

    fn record(&mut self) -> Published {
        let random = &mut self.random;
        let count = [0, 1, 1, 1, 1, 1, 2, 2][random.below(8)];
        let topics = (0..count).map(|_| random.below(TOPICS.len()));
        let topics = topics.collect();
        let audience = random.once_in(3);
        let is_replaceable = self.has_keys && random.once_in(3);
        Published {
            topics,
            audience: audience.then(|| random.below(AUDIENCES.len())),
            key: is_replaceable.then(|| random.below(KEYS.len())),
            is_event: !random.once_in(6),
            is_replaced: false,
        }
    }

    fn replace_earlier(&mut self, key: Option<usize>) {
        if key.is_some() {
            let earlier = self.published.iter_mut();
            for record in earlier.filter(|record| record.key == key) {
                self.seen.replaced += usize::from(!record.is_replaced);
                record.is_replaced = true;
            }
        }
    }

    fn open(&mut self) {
        let filter = Filter::random(&mut self.random);
        let silent = if self.random.once_in(2) {
            &SILENT[..]
        } else {
            &[]
        };
        let names = |wants: &Vec<usize>| {
            let names = wants.iter().map(|topic| TOPICS[*topic]);
            Topics::of(names.chain(silent.iter().copied()))
        };
        let topics = filter.wants.as_ref().map(names).unwrap_or_default();
        let mut subscribe = self.hub.subscribe().topics(topics);
        if let Some(is) = filter.is {
            subscribe = subscribe.authorize(move |audience| audience == AUDIENCES[is]);
        }
        let is_oldest = self.random.once_in(3);
        if is_oldest {
            subscribe = subscribe.on_gap(|_| Recovery::oldest());
        } else if self.random.once_in(3) {
            subscribe = subscribe.on_gap(|_| Recovery::newest());
        }
        let is_unknown = self.random.once_in(8);
        let after = (!is_unknown && self.random.below(4) > 0 && !self.published.is_empty())
            .then(|| self.random.below(self.published.len()));
        let id = after.map_or(UNKNOWN, |after| after as u64);
        let id = (is_unknown || after.is_some()).then(|| EventId::from(id));
        let not_kept = if is_oldest && (is_unknown || !self.remembers) {
            self.not_kept()
        } else {
            BTreeSet::new()
        };
        let subscriber = subscribe.last_event_id(id).open();
        self.seen.subscribers += 1;
        let next = after.map_or(self.published.len(), |after| after + 1);
        let to_come = self.published[next..].iter();
        let to_come = to_come.filter(|record| filter.misses(record) && !record.is_replaced);
        let to_come = to_come.count();
        let mut reader = Reader {
            next,
            filter,
            missed: 0,
            vague_to: 0,
            is_lost: false,
            forgiven: BTreeSet::new(),
            waits: false,
            subscriber: Polled::new(subscriber),
        };
        match reader.subscriber.stream.opened() {
            Opened::Fresh => assert!(after.is_none() && !is_unknown),
            Opened::Resumed { events } => {
                self.seen.resumed += 1;
                assert_eq!(usize::try_from(*events).unwrap(), to_come);
            }
            Opened::Gap(gap) if gap.cause.as_str() == "unknown_id" => {
                assert!(is_unknown || !self.remembers, "every ID is remembered");
                self.seen.unknown += 1;
                self.seen.oldest += usize::from(is_oldest);
                reader.is_lost = true;
                reader.next = if is_oldest { 0 } else { self.published.len() };
                reader.forgiven = not_kept;
            }
            Opened::Gap(gap) => {
                let missed = usize::try_from(gap.missed).unwrap();
                assert!(missed <= to_come);
                assert!(missed > 0 || !gap.exact, "nothing was lost");
                assert!(gap.exact || !self.remembers);
            }
            other => panic!("{other:?}"),
        }
        self.readers.push(reader);
    }

    /// What the hub does not keep now.
    fn not_kept(&self) -> BTreeSet<usize> {
        let subscribe = self.hub.subscribe().authorize(|_| true);
        let subscribe = subscribe.on_gap(|_| Recovery::oldest().silently());
        let all = subscribe.last_event_id(EventId::from(UNKNOWN)).open();
        let kept = Polled::new(all).ready();
        let kept: BTreeSet<_> = kept.iter().filter_map(|frame| id_of(frame)).collect();
        let published = 0..self.published.len();
        published.filter(|number| !kept.contains(number)).collect()
    }

    fn poll(&mut self) {
        if self.readers.is_empty() {
            return;
        }
        let which = self.random.below(self.readers.len());
        let reader = &mut self.readers[which];
        for _ in 0..=self.random.below(6) {
            match reader.subscriber.poll() {
                Poll::Ready(Some(frame)) => reader.see(&frame, &self.published, &mut self.seen),
                Poll::Ready(None) => panic!("it ended"),
                Poll::Pending => {
                    reader.catch_up(self.published.len(), &self.published);
                    reader.waits = true;
                    return;
                }
            }
            assert!(reader.vague_to == 0 || !self.remembers);
        }
    }
}

impl Reader {
    fn see(&mut self, frame: &str, published: &[Published], seen: &mut Seen) {
        let id = id_of(frame);
        if frame.starts_with("event: missed\n") {
            seen.gaps += 1;
            self.see_notice(frame, published.len());
            // A client that comes back with it gets nothing from before.
            if let Some(id) = id {
                seen.positions += 1;
                self.catch_up(id + 1, published);
            }
            return;
        }
        let number = id.unwrap();
        let record = &published[number];
        *if record.is_event {
            &mut seen.events
        } else {
            &mut seen.comments
        } += 1;
        assert!(self.filter.lets_through(record), "{number} is not for it");
        assert!(!self.forgiven.contains(&number), "{number} was not kept");
        self.catch_up(number, published);
        self.next = number + 1;
    }

    fn see_notice(&mut self, frame: &str, published: usize) {
        let data = frame.lines().find_map(|line| line.strip_prefix("data: "));
        let data: serde_json::Value = serde_json::from_str(data.unwrap()).unwrap();
        let missed = usize::try_from(data["missed"].as_u64().unwrap()).unwrap();
        let exact = data["exact"].as_bool().unwrap();
        assert!(missed > 0 || !exact, "nothing was lost");
        if mem::take(&mut self.is_lost) {
            assert_eq!(data["cause"], "unknown_id");
            assert_eq!((missed, exact), (0, false));
            return;
        }
        self.missed += missed;
        if !exact {
            self.vague_to = published;
        }
    }

    /// It gets nothing more before this record.
    fn catch_up(&mut self, to: usize, published: &[Published]) {
        assert!(self.next <= to, "{to} comes twice or too late");
        let between = self.next..to;
        let between = between.filter(|number| !self.forgiven.contains(number));
        let between = between.map(|number| &published[number]);
        let between: Vec<_> = between.filter(|of| self.filter.misses(of)).collect();
        // What was replaced meanwhile may have been counted before.
        let least = between.iter().filter(|of| !of.is_replaced).count();
        let most = between.len();
        let missed = self.missed;
        assert!(missed <= most, "{missed} of {most} before {to}");
        if self.next >= self.vague_to {
            let next = self.next;
            assert!(missed >= least, "{missed} of {least} from {next} to {to}");
        }
        (self.next, self.missed) = (to, 0);
    }
}

/// That of a record is its number.
fn id_of(frame: &str) -> Option<usize> {
    let id = frame.lines().find_map(|line| line.strip_prefix("id: "));
    id.map(|id| id.parse().unwrap())
}

/// Each history has about eleven subscribers, each with a filter, an audience and an ID: more than a
/// million of them.
#[test]
fn nothing_is_lost_silently_and_no_gap_is_false() {
    const HISTORIES: u64 = 92_000;
    let halves = [0..HISTORIES / 2, HISTORIES / 2..HISTORIES];
    let seen = std::thread::scope(|scope| {
        let halves = halves.map(|seeds| scope.spawn(|| histories(seeds)));
        let [one, other] = halves.map(|half| half.join().unwrap());
        one.and(other)
    });
    assert!(seen.subscribers > 1_000_000, "{seen:?}");
    let others = [
        seen.events,
        seen.resumed,
        seen.gaps,
        seen.unknown,
        seen.oldest,
        seen.positions,
        seen.comments,
        seen.replaced,
    ];
    assert!(others.into_iter().all(|count| count > 50_000), "{seen:?}");
}

fn histories(seeds: Range<u64>) -> Seen {
    let worlds = seeds.map(|seed| {
        let mut world = World::new(seed);
        for _ in 0..90 {
            world.step();
        }
        assert_eq!(world.hub.metrics().open, world.readers.len());
        world.seen
    });
    worlds.fold(Seen::default(), Seen::and)
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            subscribers: self.subscribers + other.subscribers,
            events: self.events + other.events,
            resumed: self.resumed + other.resumed,
            gaps: self.gaps + other.gaps,
            unknown: self.unknown + other.unknown,
            oldest: self.oldest + other.oldest,
            positions: self.positions + other.positions,
            comments: self.comments + other.comments,
            replaced: self.replaced + other.replaced,
        }
    }
}
