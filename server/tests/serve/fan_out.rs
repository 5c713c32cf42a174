//! Many clients at once, compared with a model of what each should see.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use esse_encoder::{Block, EventId, EventType};
use esse_server::{Hub, LastEventId, Recovery, Sink, Topics};
use esse_testkit::Random;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{Server, unchunked};
use crate::support;
use crate::support::client::{Events, request, send};

const CLIENTS: u64 = 200;
const EVENTS: u64 = 2000;
const TOPICS: [EventType; 3] = [
    EventType::from_static("zero"),
    EventType::from_static("one"),
    EventType::from_static("two"),
];

/// Event `n` is of topic `n % 3`; client `c` wants the topics whose bits are set in this.
fn wants(client: u64) -> u64 {
    1 + client % 7
}

fn is_wanted(client: u64, n: u64) -> bool {
    wants(client) & (1 << (n % 3)) != 0
}

#[tokio::test]
async fn each_client_sees_an_unbroken_run_of_what_it_wants_or_learns_of_the_gap() {
    let hub = Hub::builder()
        .keep_events(100)
        .on_gap(|gap| Recovery::oldest().with(&Block::event(format!("gap {}", gap.missed))))
        .build();
    let app = |hub: &Hub| {
        let hub = hub.clone();
        let events = async move |Path(wants): Path<u64>, id: LastEventId| {
            let topics = (0..3).filter(|topic| wants & (1 << topic) != 0);
            let topics = Topics::of(topics.map(|topic| TOPICS[topic].clone()));
            Sink::new(hub.subscribe().topics(topics).last_event_id(id).open())
        };
        Router::new().route("/{wants}", get(events))
    };
    let server = Server::start_with(hub, app, |serve| serve).await;
    // An event from which every client can resume, even one that saw nothing yet.
    server.hub.publish(event(0)).unwrap();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(follow(server.at, client));
    }
    server.until(|hub| hub.open == 200).await;
    let mut random = Random::new(1);
    let mut n = 1;
    while n < EVENTS {
        let next = (n + 1 + random.below(8)).min(EVENTS);
        server.hub.publish_all((n..next).map(event)).unwrap();
        n = next;
        sleep(Duration::from_millis(random.below(3))).await;
    }
    let gaps: u64 = clients.join_all().await.into_iter().sum();
    let metrics = server.hub.metrics();
    // A client may leave before it has read a notice.
    assert!(gaps > 0 && gaps <= metrics.gaps.fell_behind + metrics.gaps.too_old);
    assert_eq!(metrics.gaps.unknown_id, 0, "every ID is remembered");
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
    let mut random = Random::new(client);
    let (mut seen, mut gaps) = (0, 0);
    while seen < last {
        let mut events = connect(server, client, seen).await;
        let mut announced = 0;
        while let Some(event) = events.next().await {
            if let Some(missed) = event.data.strip_prefix("gap ") {
                announced += missed.parse::<usize>().unwrap();
                gaps += 1;
                continue;
            }
            let n = event.data.split(' ').next().unwrap().parse().unwrap();
            assert!(is_wanted(client, n), "client {client} does not want {n}");
            assert!(n > seen, "client {client} got {n} after {seen}");
            let missed = (seen + 1..n).filter(|n| is_wanted(client, *n)).count();
            assert_eq!(missed, announced, "client {client} got {n} after {seen}");
            (seen, announced) = (n, 0);
            if seen == last || random.once_in(200) {
                break;
            }
            if random.once_in(200) {
                sleep(Duration::from_millis(random.below(300))).await;
            }
        }
    }
    gaps
}

async fn connect(server: SocketAddr, client: u64, seen: u64) -> Events {
    let mut request = request(&format!("/{}", wants(client)));
    let headers = request.headers_mut();
    headers.insert("last-event-id", seen.into());
    Events::of(send(support::client::connect(server).await, request).await)
}

#[tokio::test]
async fn a_client_that_stalls_and_goes_on_gets_everything_once() {
    const MANY: u64 = 40_000;
    let hub = Hub::builder()
        .keep_events(100_000)
        .keep_bytes(1 << 30)
        .build();
    let server = Server::start_hub(hub).await;
    let mut client = server.subscribe().await;
    client.until("\r\n").await;
    let padding = "x".repeat(300);
    for n in 0..MANY {
        let block = Block::event(format!("{n} {padding}"));
        server.hub.publish(block).unwrap();
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    // Records that do not fit into the buffers of the system do not count as sent.
    server.until(|hub| hub.lag > 0).await;
    assert!(server.hub.metrics().sent < MANY);
    server.hub.drain();
    let received = client.rest().await;
    let expected = (0..MANY).map(|n| format!("data: {n} {padding}\n\n"));
    assert!(unchunked(&received) == expected.collect::<Vec<_>>().concat());
    assert_eq!(server.hub.metrics().sent, MANY);
}
