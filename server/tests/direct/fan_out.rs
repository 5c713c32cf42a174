//! Many clients at once, compared with a model of what each should see.

use std::net::SocketAddr;
use std::time::Duration;

use esse_encoder::{Block, EventId, EventType};
use esse_server::{GapCause, Hub, Recovery, Topics, last_event_id, response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::Server;

const CLIENTS: u64 = 200;
const EVENTS: u64 = 2000;
const TOPICS: [EventType; 3] = [
    EventType::from_static("zero"),
    EventType::from_static("one"),
    EventType::from_static("two"),
];

/// Generates the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Event `n` is of topic `n % 3`; client `c` wants the topics whose bits are set in this.
fn wants(client: u64) -> u64 {
    1 + client % 7
}

fn is_wanted(client: u64, n: u64) -> bool {
    wants(client) & (1 << (n % 3)) != 0
}

#[tokio::test]
async fn each_sees_an_unbroken_run_of_what_it_wants_or_is_told_of_the_gap() {
    let hub = Hub::builder()
        .keep_events(300)
        .on_gap(|gap| match gap.cause {
            GapCause::FellBehind => Recovery::close(),
            _ => Recovery::oldest().with(&Block::event("gap")),
        })
        .build();
    let server = Server::start_with(hub, |direct| {
        direct.on_request(|hub, request| {
            let wants: u64 = request.uri().path()[1..].parse().unwrap();
            let topics = (0..3).filter(|topic| wants & (1 << topic) != 0);
            let topics = Topics::of(topics.map(|topic| TOPICS[topic].clone()));
            let id = last_event_id(request.headers())?;
            Ok(response(hub.subscribe().topics(topics).last_event_id(id)))
        })
    })
    .await;
    // An event from which every client can resume, even one that saw nothing yet.
    server.hub.publish(event(0)).unwrap();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(follow(server.at, client));
    }
    server
        .until(|server| server.hub.metrics().open == 200)
        .await;
    let mut dice = Dice(1);
    let mut n = 1;
    while n < EVENTS {
        let next = (n + 1 + dice.roll(8)).min(EVENTS);
        server.hub.publish_all((n..next).map(event)).unwrap();
        n = next;
        sleep(Duration::from_millis(dice.roll(3))).await;
    }
    let gaps: u64 = clients.join_all().await.into_iter().sum();
    let metrics = server.hub.metrics();
    // A client got a gap exactly when its ID was evicted.
    assert_eq!(gaps, metrics.gaps.unknown_id);
    assert!(metrics.opened > CLIENTS, "some came back: {metrics:?}");
    assert!(metrics.replayed > 0, "{metrics:?}");
}

fn event(n: u64) -> Block<'static> {
    // Some are large, so that writes stop half-way.
    let padding = if n % 50 == 7 { 200_000 } else { 10 };
    let data = format!("{n} {}", "x".repeat(padding));
    let topic = TOPICS[usize::try_from(n % 3).unwrap()].clone();
    Block::event(data).event_type(topic).id(EventId::from(n))
}

/// Reads until the last event that it wants has arrived, and reconnects when it leaves or is
/// disconnected. Returns how many gaps were reported to it.
async fn follow(server: SocketAddr, client: u64) -> u64 {
    let last = (0..EVENTS).rev().find(|n| is_wanted(client, *n)).unwrap();
    let mut dice = Dice(client);
    let (mut seen, mut gaps) = (0, 0);
    while seen < last {
        let mut events = Events::of(server, client, seen).await;
        let mut after_gap = false;
        while let Some(event) = events.next(&mut dice).await {
            if event == "gap" {
                (after_gap, gaps) = (true, gaps + 1);
                continue;
            }
            let n = event.split(' ').next().unwrap().parse().unwrap();
            assert!(is_wanted(client, n), "client {client} does not want {n}");
            assert!(n > seen, "client {client} got {n} after {seen}");
            let missed = (seen + 1..n).filter(|n| is_wanted(client, *n)).count();
            assert!(
                missed == 0 || after_gap,
                "client {client} got {n} after {seen}"
            );
            (seen, after_gap) = (n, false);
            if seen == last || dice.roll(200) == 0 {
                break;
            }
        }
    }
    gaps
}

/// The data of the events of one response, taken out of its chunks.
struct Events {
    socket: TcpStream,
    raw: Vec<u8>,
    text: String,
    has_begun: bool,
}

impl Events {
    async fn of(server: SocketAddr, client: u64, seen: u64) -> Self {
        let mut socket = TcpStream::connect(server).await.unwrap();
        let path = wants(client);
        let head = format!("GET /{path} HTTP/1.1\r\nHost: h\r\nLast-Event-ID: {seen}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        Self {
            socket,
            raw: Vec::new(),
            text: String::new(),
            has_begun: false,
        }
    }

    async fn next(&mut self, dice: &mut Dice) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let data = block.lines().find_map(|line| line.strip_prefix("data: "));
                let data = data.map(str::to_owned);
                self.text = rest.into();
                match data {
                    Some(data) => return Some(data),
                    None => continue,
                }
            }
            self.stall(dice).await;
            if self.socket.read_buf(&mut self.raw).await.ok()? == 0 {
                return None;
            }
            self.take_chunks();
        }
    }

    async fn stall(&self, dice: &mut Dice) {
        if dice.roll(50) == 0 {
            sleep(Duration::from_millis(dice.roll(300))).await;
        }
    }

    /// Moves the complete chunks from `raw` to `text`.
    fn take_chunks(&mut self) {
        let position =
            |raw: &[u8], what: &[u8]| raw.windows(what.len()).position(|part| part == what);
        if !self.has_begun {
            let Some(end) = position(&self.raw, b"\r\n\r\n") else {
                return;
            };
            assert!(self.raw.starts_with(b"HTTP/1.1 200 OK\r\n"));
            self.raw.drain(..end + 4);
            self.has_begun = true;
        }
        while let Some(line) = position(&self.raw[..self.raw.len().min(20)], b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..line]).unwrap();
            let end = line + 2 + usize::from_str_radix(size, 16).expect("a size");
            if self.raw.len() < end + 2 {
                return;
            }
            assert_eq!(&self.raw[end..end + 2], b"\r\n");
            self.text
                .push_str(std::str::from_utf8(&self.raw[line + 2..end]).unwrap());
            self.raw.drain(..end + 2);
        }
    }
}

#[tokio::test]
async fn who_stalls_and_goes_on_gets_everything_once() {
    const MANY: u64 = 40_000;
    let hub = Hub::builder()
        .keep_events(100_000)
        .keep_bytes(1 << 30)
        .build();
    let server = Server::start_with(hub, |direct| direct).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    client.until(": \n\n").await;
    let padding = "x".repeat(300);
    for n in 0..MANY {
        server
            .hub
            .publish(Block::event(format!("{n} {padding}")))
            .unwrap();
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    // Records that do not fit into the buffers of the system do not count as sent.
    server.until(|server| server.hub.metrics().lag > 0).await;
    assert!(server.hub.metrics().sent < MANY);
    server.hub.drain();
    let received = client.rest().await;
    let expected: Vec<_> = (0..MANY)
        .map(|n| format!("data: {n} {padding}\n\n"))
        .collect();
    let expected = expected.concat();
    assert!(received == expected);
    assert_eq!(server.hub.metrics().sent, MANY);
}
