//! A slot of all attestations of Ethereum's mainnet, in one burst, with a hub as it is by default.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use esse_encoder::{Block, EventId};
use esse_server::{Hub, LastEventId, Record, Sink, Topics};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use crate::client::{Client, Server};

/// Attestations in a slot, and the bytes of one on the wire.
const ATTESTATIONS: usize = 30_000;
const BYTES: usize = 614;
const HEADS: usize = 100;
const READERS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_of_attestations_costs_no_reader_anything() {
    let app = |hub: &Hub| {
        let hub = hub.clone();
        let events = async move |Path(topic): Path<String>, id: LastEventId| {
            let topics = Topics::of([topic]);
            Sink::new(hub.subscribe().topics(topics).last_event_id(id).open())
        };
        Router::new().route("/{topic}", get(events))
    };
    let server = Server::start_with(Hub::new(), app, |serve| serve).await;
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let client = server.subscribe_with(&request("single_attestation")).await;
        readers.spawn(count_events(client, ATTESTATIONS));
    }
    let head = server.subscribe_with(&request("head")).await;
    let mut checkpoint = server
        .subscribe_with(&request("finalized_checkpoint"))
        .await;
    readers.spawn(count_events(head, HEADS));
    publish(&server.hub, "finalized_checkpoint", 0);
    checkpoint.until("id: 0\n\n").await;
    drop(checkpoint);
    for n in 1..=ATTESTATIONS {
        publish(&server.hub, "single_attestation", n);
        if n % (ATTESTATIONS / HEADS) == 0 {
            publish(&server.hub, "head", ATTESTATIONS + n);
        }
    }
    server.hub.drain();
    let counts = readers.join_all().await;
    assert_eq!(counts.iter().sum::<usize>(), READERS * ATTESTATIONS + HEADS);
    let metrics = server.hub.metrics();
    assert_eq!(metrics.gaps, esse_server::metrics::Gaps::default());
    assert_eq!(metrics.closed.shutdown, READERS as u64 + 1, "{metrics:?}");
}

/// The topic had nothing new, so its client missed nothing, whatever happened elsewhere.
#[tokio::test]
async fn a_client_of_a_quiet_topic_resumes_across_several_slots() {
    let hub = Hub::new();
    publish(&hub, "finalized_checkpoint", 0);
    for n in 1..=3 * ATTESTATIONS {
        publish(&hub, "single_attestation", n);
    }
    publish(&hub, "finalized_checkpoint", 3 * ATTESTATIONS + 1);
    let resumed = hub
        .subscribe()
        .topics(Topics::of(["finalized_checkpoint"]))
        .last_event_id(EventId::from(0))
        .open();
    assert_eq!(
        *resumed.opened(),
        esse_server::Opened::Resumed { events: 1 }
    );
    assert!(
        hub.metrics().kept < 2 * ATTESTATIONS,
        "the attestations are not all kept"
    );
}

fn request(topic: &str) -> String {
    format!("GET /{topic} HTTP/1.1\r\nHost: h\r\n\r\n")
}

fn publish(hub: &Hub, topic: &str, id: usize) {
    let id = EventId::from(id as u64);
    let fields = format!("data: \nid: {id}\n\n").len();
    let block = Block::event("x".repeat(BYTES - fields)).id(id);
    hub.publish(Record::new(&block).with_topics([topic]))
        .unwrap();
}

/// Reads to the end of the stream.
async fn count_events(mut client: Client, at_most: usize) -> usize {
    let (mut events, mut last, mut buffer) = (0, 0, vec![0; 64 * 1024]);
    loop {
        let count = client.0.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        for byte in &buffer[..count] {
            events += usize::from(*byte == b'\n' && last == b'\n');
            last = *byte;
        }
    }
    assert!(events <= at_most, "{events} of {at_most}");
    events
}
