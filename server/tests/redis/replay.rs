//! Many clients resume anywhere, while events are published. What they see is compared with a
//! model.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use esse_encoder::EventType;
use esse_server::{Gap, GapCause, Recovery, Subscribe, Topics};
use redis::cmd;

use crate::support::{Client, GAP, KEY, Node, Random, Redis, Seen, Stored, close_if_behind, go_on};

const EVENTS: usize = 800;
const CLIENTS: usize = 240;
const TOPICS: [&str; 3] = ["head", "block", "message"];
const AUDIENCES: [&str; 2] = ["me", "you"];
const END: &str = "end";

/// What was published, in order.
type Published = Arc<Mutex<Vec<Stored>>>;

/// What a client may and wants to see.
#[derive(Clone, Debug)]
struct Filter {
    topics: Option<Vec<&'static str>>,
    audience: &'static str,
}

impl Filter {
    fn random(random: &mut Random) -> Self {
        let topics = TOPICS.into_iter().filter(|_| random.below(2) == 0);
        // The last event is a `message`.
        let topics: Vec<_> = topics.chain(["message"]).collect();
        Self {
            topics: (topics.len() > 1).then_some(topics),
            audience: AUDIENCES[random.below(2)],
        }
    }

    fn describe(&self, subscribe: Subscribe) -> Subscribe {
        let topics = self.topics.as_ref().map_or(Topics::ALL, |topics| {
            Topics::of(topics.iter().copied().map(EventType::from_static))
        });
        let audience = self.audience;
        subscribe.topics(topics).authorize(move |of| of == audience)
    }

    fn lets_through(&self, stored: &Stored) -> bool {
        let wanted = |topics: &Vec<_>| topics.contains(&stored.event.as_str());
        self.topics.as_ref().is_none_or(wanted)
            && stored
                .audience
                .as_ref()
                .is_none_or(|of| of == self.audience)
    }
}

/// Publishes events of all kinds. The stream keeps `trim` of them.
async fn publish(redis: Arc<Redis>, published: Published, trim: Option<usize>) {
    let mut random = Random::new(5);
    let mut connection = redis.connect().await;
    for number in 0..EVENTS {
        let last = number == EVENTS - 1;
        let event = random.pick(&TOPICS);
        let audience = random.below(2) == 0;
        let audience = audience.then(|| random.pick(&AUDIENCES));
        let data = format!("{number}");
        let mut stored = Stored {
            id: String::new(),
            event: if last { "message" } else { event }.to_owned(),
            data: if last { END.to_owned() } else { data },
            audience: audience.filter(|_| !last).map(str::to_owned),
        };
        let mut add = cmd("XADD");
        add.arg(KEY);
        if let Some(length) = trim {
            add.arg("MAXLEN").arg(length);
        }
        add.arg("*").arg("event").arg(&stored.event);
        add.arg("data").arg(&stored.data);
        if let Some(audience) = &stored.audience {
            add.arg("audience").arg(audience);
        }
        stored.id = add.query_async(&mut connection).await.unwrap();
        published.lock().unwrap().push(stored);
        if random.below(4) == 0 {
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }
}

/// What a client saw, and the ID that it came with.
struct Visit {
    last_event_id: String,
    filter: Filter,
    seen: Vec<Seen>,
}

/// Reads this many events, up to the end.
async fn visit(mut client: Client, most: usize) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    while seen.len() < most && seen.last().is_none_or(|seen| seen.data != END) {
        // It may have fallen behind the ring.
        let Some(event) = client.next().await else {
            break;
        };
        seen.push(event);
    }
    seen
}

/// Clients that come while events are published.
async fn visits(nodes: &[Node], published: &Published) -> Vec<Visit> {
    let mut random = Random::new(9);
    let mut visits = Vec::new();
    for _ in 0..CLIENTS {
        let filter = Filter::random(&mut random);
        let last_event_id = loop {
            if let Some(stored) = some_of(published, &mut random) {
                break stored.id;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        let most = if random.below(3) == 0 {
            usize::MAX
        } else {
            random.below(150)
        };
        let node = &nodes[random.below(nodes.len())];
        let client = node.connect_with(Some(&last_event_id), |s| filter.describe(s));
        visits.push((last_event_id, filter, tokio::spawn(visit(client, most))));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut done = Vec::new();
    for (last_event_id, filter, task) in visits {
        done.push(Visit {
            last_event_id,
            filter,
            seen: task.await.unwrap(),
        });
    }
    done
}

fn some_of(published: &Published, random: &mut Random) -> Option<Stored> {
    let published = published.lock().unwrap();
    // This is not the end, but nothing comes after it.
    let some = published.len().min(EVENTS - 1);
    (some > 0).then(|| published[random.below(some)].clone())
}

impl Visit {
    /// Checks that between two gaps the client saw everything that it should, in order. Returns how
    /// many gaps there were.
    fn check(&self, published: &[Stored]) -> usize {
        let from = published
            .iter()
            .position(|stored| stored.id == self.last_event_id);
        let mut rest = &published[from.unwrap() + 1..];
        let mut after_gap = false;
        let mut gaps = 0;
        for seen in &self.seen {
            if seen.data == GAP {
                (after_gap, gaps) = (true, gaps + 1);
                continue;
            }
            let mut to_see = rest
                .iter()
                .filter(|stored| self.filter.lets_through(stored));
            let is_it = |stored: &&Stored| stored.id == seen.id;
            let found = if after_gap {
                to_see.find(is_it)
            } else {
                to_see.next().filter(is_it)
            };
            let found = found.unwrap_or_else(|| {
                panic!(
                    "{seen:?} is not next for {:?} after {}",
                    self.filter, self.last_event_id
                )
            });
            assert_eq!(found.clone().seen(), *seen);
            let at = rest.iter().position(|stored| stored.id == seen.id).unwrap();
            rest = &rest[at + 1..];
            after_gap = false;
        }
        gaps
    }
}

async fn run(
    trim: Option<usize>,
    then: fn(&Gap) -> Recovery,
) -> Option<(Vec<Visit>, Vec<Stored>, Vec<Node>)> {
    let redis = Arc::new(Redis::start().await?);
    let nodes = [(8, 5), (64, 64)].map(|(keep, page)| {
        let log = redis.log().page_size(page);
        Node::start_with(keep, &log, then)
    });
    redis.feeds(2).await;
    let published = Published::default();
    let publishing = tokio::spawn(publish(Arc::clone(&redis), Arc::clone(&published), trim));
    let visits = visits(&nodes, &published).await;
    publishing.await.unwrap();
    let published = published.lock().unwrap().clone();
    Some((visits, published, nodes.into()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replay_joins_live_without_gap_or_double() {
    let Some((visits, published, nodes)) = run(None, close_if_behind).await else {
        return;
    };
    for visit in &visits {
        assert_eq!(visit.check(&published), 0);
    }
    let to_the_end = visits
        .iter()
        .filter(|visit| visit.seen.last().is_some_and(|seen| seen.data == END));
    assert!(to_the_end.count() > CLIENTS / 4);
    let metrics = nodes.iter().map(|node| node.hub.metrics());
    let (replayed, denied) = metrics.fold((0, 0), |sum, metrics| {
        (sum.0 + metrics.replayed, sum.1 + metrics.denied)
    });
    assert!(replayed > 0 && denied > 0);
    let mut gaps = nodes.iter().flat_map(Node::gaps);
    assert!(gaps.all(|cause| cause == GapCause::FellBehind));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn trimmed_stream_gives_gaps_and_no_holes() {
    let Some((visits, published, nodes)) = run(Some(40), go_on).await else {
        return;
    };
    let gaps: usize = visits.iter().map(|visit| visit.check(&published)).sum();
    assert!(gaps > 0);
    let counted = nodes.iter().flat_map(Node::gaps).count();
    assert!(counted >= gaps);
}
