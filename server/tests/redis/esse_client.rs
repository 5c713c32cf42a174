//! The client of this project, and a server that is killed again and again.

use std::env;
use std::future::pending;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use esse_client::Item;
use esse_client::parser::OwnedEvent;
use esse_server::Hub;
use esse_server::redis::RedisLog;
use tokio::task::JoinSet;

use crate::common::esse_client::{client, next, read_until};
use crate::common::program::Program;
use crate::common::server::{Server, resuming_stream_of};
use crate::common::{or_return, until};
use crate::support::{KEY, Random, Redis, free_port};
use esse_testkit::bound;

const URL: &str = "ESSE_TEST_SERVER_REDIS_URL";
const PORT: &str = "ESSE_TEST_SERVER_PORT";

const EVENTS: usize = 200;

/// A server, in the process that [`start`] made.
#[tokio::test(flavor = "multi_thread")]
async fn server_of_its_own() {
    let Ok(url) = env::var(URL) else { return };
    let log = RedisLog::new(redis::Client::open(url).unwrap(), KEY).page_size(5);
    let hub = Hub::builder()
        .keep_events(8)
        .history(Arc::new(log.clone()))
        .build();
    tokio::spawn(log.feed(&hub));
    let port: u16 = env::var(PORT).unwrap().parse().unwrap();
    let address = ([127, 0, 0, 1], port).into();
    let _server = Server::start_at(address, resuming_stream_of(&hub));
    pending::<()>().await;
}

fn start(redis: &Redis, port: u16) -> Program {
    let mut command = bound(env::current_exe().unwrap());
    command
        .args(["--exact", "esse_client::server_of_its_own"])
        .env(URL, redis.url())
        .env(PORT, port.to_string())
        .stdout(Stdio::null());
    Program::start(&mut command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let redis = or_return!(Redis::start().await);
    let port = free_port();
    let mut server = start(&redis, port);
    until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
    redis.feeds(1).await;
    let url = format!("http://127.0.0.1:{port}/");
    let mut client = client(reqwest::Client::builder(), &url);
    let Some(Item::Open(_)) = next(&mut client).await else {
        panic!("it opens first");
    };
    let mut seen = Vec::new();
    for number in 0..EVENTS {
        redis.add(&number.to_string()).await;
        if number % 40 == 20 {
            // It has come back since the last time, and the newest ten are on their way.
            read_until(&mut client, &mut seen, number - 10).await;
            server.kill();
            server = start(&redis, port);
        }
    }
    read_until(&mut client, &mut seen, EVENTS).await;
    let expected: Vec<_> = (0..EVENTS).map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
    assert!(client.connection().attempt().number >= 5);
}

const SOAK: &str = "ESSE_SOAK_SECONDS";
const CLIENTS: u64 = 8;

/// What the readers have to know.
#[derive(Default)]
struct World {
    added: AtomicUsize,
    /// The stream was trimmed, so that a client may have missed something.
    trimmed: AtomicBool,
    over: AtomicBool,
}

/// What a client has seen of the numbers that are published.
#[derive(Debug, Default)]
struct Reader {
    last: Option<usize>,
    /// It was told that something is missing after the last number.
    missed: bool,
    events: usize,
    notices: usize,
    connections: usize,
}

impl Reader {
    fn see(&mut self, event: &OwnedEvent, world: &World) {
        if event.event_type == "missed" {
            self.missed = true;
            self.notices += 1;
            return;
        }
        let number: usize = event.data.parse().unwrap();
        if let Some(last) = self.last {
            assert!(number > last, "{number} after {last}: twice, or too late");
            assert!(
                number == last + 1 || self.missed,
                "{number} after {last}, without a notice"
            );
            let may_miss = world.trimmed.load(Ordering::SeqCst);
            assert!(!self.missed || may_miss, "a false notice after {last}");
        }
        (self.last, self.missed) = (Some(number), false);
        self.events += 1;
    }
}

async fn read(url: String, seed: u64, world: Arc<World>) -> Reader {
    let (mut random, mut reader) = (Random::new(seed), Reader::default());
    let mut client = client(reqwest::Client::builder(), &url);
    let is_done = |reader: &Reader| {
        let last = world.added.load(Ordering::SeqCst).checked_sub(1);
        world.over.load(Ordering::SeqCst) && reader.last == last
    };
    while !is_done(&reader) {
        match next(&mut client).await.expect("it goes on") {
            Item::Event(event) => reader.see(&event, &world),
            Item::Open(_) => reader.connections += 1,
            _ => {}
        }
        if random.below(200) == 0 {
            tokio::time::sleep(Duration::from_millis(random.below(400))).await;
        }
    }
    reader
}

async fn add(redis: &Redis, world: &World, count: usize) {
    for _ in 0..count {
        let number = world.added.fetch_add(1, Ordering::SeqCst);
        redis.add(&number.to_string()).await;
    }
}

/// Clients, a server process that is killed, a Redis that is killed, and a stream that is trimmed,
/// for some time. `scripts/soak` runs it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes as long as one likes"]
async fn soak() {
    let seconds = env::var(SOAK).map_or(20, |text| text.parse().unwrap());
    let mut redis = or_return!(Redis::start().await);
    let port = free_port();
    let mut server = start(&redis, port);
    let url = format!("http://127.0.0.1:{port}/");
    let world = Arc::new(World::default());
    redis.feeds(1).await;
    let mut readers = JoinSet::new();
    for seed in 0..CLIENTS {
        readers.spawn(read(url.clone(), seed, Arc::clone(&world)));
    }
    let (mut random, start_of_all) = (Random::new(1), Instant::now());
    let mut done = [0; 3];
    while start_of_all.elapsed() < Duration::from_secs(seconds) {
        add(&redis, &world, 1 + random.below(40)).await;
        tokio::time::sleep(Duration::from_millis(random.below(30))).await;
        match random.below(40) {
            0 => {
                done[0] += 1;
                server.kill();
                server = start(&redis, port);
            }
            1 => {
                done[1] += 1;
                redis.kill();
                tokio::time::sleep(Duration::from_millis(random.below(500))).await;
                redis.start_again().await;
            }
            2 => {
                done[2] += 1;
                world.trimmed.store(true, Ordering::SeqCst);
                redis.run::<u64>(&format!("XTRIM {KEY} MAXLEN 20")).await;
            }
            // While no process reads, so that all clients miss something.
            3 => {
                done[0] += 1;
                done[2] += 1;
                server.kill();
                world.trimmed.store(true, Ordering::SeqCst);
                add(&redis, &world, 60).await;
                redis.run::<u64>(&format!("XTRIM {KEY} MAXLEN 20")).await;
                server = start(&redis, port);
            }
            _ => {}
        }
    }
    // The last one wakes those that wait.
    world.over.store(true, Ordering::SeqCst);
    add(&redis, &world, 1).await;
    let all = readers.join_all().await;
    let [servers, redises, trims] = done;
    println!("killed: server {servers} times, Redis {redises} times; trimmed {trims} times");
    for reader in all {
        println!("{reader:?}");
    }
}
