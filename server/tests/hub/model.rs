//! Whatever is published, evicted and read in whatever order: between two things that a subscriber
//! sees lies exactly what its notices say.
//!
//! The model keeps everything that was published, and never asks what the hub keeps. So it holds
//! for any bounds: what a subscriber wants and may see is sent, or counted in a gap, and never both.

use std::ops::Range;
use std::task::Poll;
use std::time::Duration;

use esse_encoder::EventId;
use esse_server::{Hub, Keep, Opened, Record, Recovery, Subscriber, Topics};
use esse_testkit::Random;

use crate::polling::{Polled, event};

const TOPICS: [&str; 4] = ["a", "b", "c", "d"];
/// Topics without events. A subscriber that asks for many topics is served in another way.
const SILENT: [&str; 8] = ["e", "f", "g", "h", "i", "j", "k", "l"];
const AUDIENCES: [&str; 2] = ["me", "you"];

struct Published {
    topics: Vec<usize>,
    audience: Option<usize>,
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
    positions: usize,
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
        self.wants.as_ref().is_none_or(named)
    }

    /// Whether its subscriber gets the record.
    fn lets_through(&self, record: &Published) -> bool {
        self.wants(record) && record.audience.is_none_or(|of| self.is == Some(of))
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
            let mut topics = vec![self.random.below(TOPICS.len())];
            if self.random.once_in(4) {
                topics.push(self.random.below(TOPICS.len()));
            }
            let audience = self.random.once_in(3);
            let audience = audience.then(|| self.random.below(AUDIENCES.len()));
            self.published.push(Published { topics, audience });
        }
        let records = (start..).zip(&self.published[start..]);
        let records = records.map(|(id, record)| {
            let topics = record.topics.iter().map(|topic| TOPICS[*topic]);
            let new = Record::new(&event(id as u64, "x")).with_topics(topics);
            match record.audience {
                Some(audience) => new.for_audience(AUDIENCES[audience]),
                None => new,
            }
        });
        self.hub.publish_all(records.collect::<Vec<_>>()).unwrap();
        for reader in &mut self.readers {
            let mut new = self.published[start..].iter();
            let wanted = new.any(|record| reader.filter.wants(record));
            let woken = reader.waits && wanted;
            assert_eq!(reader.subscriber.wakes(), usize::from(woken));
            reader.waits &= !wanted;
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
        if self.random.once_in(4) {
            subscribe = subscribe.on_gap(|_| Recovery::newest());
        }
        let after = (self.random.below(4) > 0 && !self.published.is_empty())
            .then(|| self.random.below(self.published.len()));
        let id = after.map(|after| EventId::from(after as u64));
        let subscriber = subscribe.last_event_id(id).open();
        self.seen.subscribers += 1;
        let next = after.map_or(self.published.len(), |after| after + 1);
        let to_come = self.published[next..].iter();
        let to_come = to_come.filter(|record| filter.lets_through(record)).count();
        let next = match subscriber.opened() {
            Opened::Fresh => {
                assert!(after.is_none());
                next
            }
            Opened::Resumed { events } => {
                self.seen.resumed += 1;
                assert_eq!(usize::try_from(*events).unwrap(), to_come);
                next
            }
            Opened::Gap(gap) if gap.cause.as_str() == "unknown_id" => {
                assert!(!self.remembers, "every ID is remembered");
                self.seen.unknown += 1;
                self.published.len()
            }
            Opened::Gap(gap) => {
                let missed = usize::try_from(gap.missed).unwrap();
                assert!(missed <= to_come);
                assert!(missed > 0 || !gap.exact, "nothing was lost");
                assert!(gap.exact || !self.remembers);
                next
            }
            other => panic!("{other:?}"),
        };
        self.readers.push(Reader {
            subscriber: Polled::new(subscriber),
            filter,
            next,
            missed: 0,
            vague_to: 0,
            waits: false,
        });
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
        let data = frame.lines().find_map(|line| line.strip_prefix("data: "));
        let data: serde_json::Value = serde_json::from_str(data.unwrap()).unwrap();
        if frame.starts_with("event: missed\n") {
            seen.gaps += 1;
            let missed = data["missed"].as_u64().unwrap();
            self.missed += usize::try_from(missed).unwrap();
            let exact = data["exact"].as_bool().unwrap();
            assert!(missed > 0 || !exact, "nothing was lost");
            if !exact {
                self.vague_to = published.len();
            }
            // A client that comes back with it gets nothing from before.
            if let Some(id) = frame.lines().find_map(|line| line.strip_prefix("id: ")) {
                seen.positions += 1;
                self.catch_up(id.parse::<usize>().unwrap() + 1, published);
            }
            return;
        }
        seen.events += 1;
        let number = usize::try_from(data.as_u64().unwrap()).unwrap();
        assert!(
            self.filter.lets_through(&published[number]),
            "{number} is not for it"
        );
        self.catch_up(number, published);
        self.next = number + 1;
    }

    /// It gets nothing more before this record.
    fn catch_up(&mut self, to: usize, published: &[Published]) {
        assert!(self.next <= to, "{to} comes twice or too late");
        let between = published[self.next..to].iter();
        let between = between
            .filter(|record| self.filter.lets_through(record))
            .count();
        if self.next >= self.vague_to {
            assert_eq!(self.missed, between, "between {} and {to}", self.next);
        } else {
            assert!(self.missed <= between);
        }
        (self.next, self.missed) = (to, 0);
    }
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
        seen.positions,
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
            positions: self.positions + other.positions,
        }
    }
}
