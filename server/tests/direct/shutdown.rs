//! The end of the hub, and streams that nobody reads.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use esse_encoder::{Block, Data, EventId};
use esse_server::{Hub, KEEP_ALIVE_INTERVAL};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::client::{Client, GET, Server, split, unchunked};

#[tokio::test]
async fn close_ends_every_body_properly() {
    let server = Server::start().await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(server.subscribe().await);
    }
    let mut in_head = server.connect().await;
    in_head.send("GET / HT").await;
    server.until_direct(|direct| direct.connections == 21).await;
    let last = Block::new().retry(Duration::from_millis(9));
    server.hub.close_with(&last);
    for stream in &mut streams {
        assert_eq!(stream.rest().await, "\r\na\r\nretry: 9\n\n\r\n0\r\n\r\n");
    }
    assert_eq!(in_head.rest().await, "");
    drop((streams, in_head));
    server.serving.await.unwrap();
    let refused = TcpStream::connect(server.at).await;
    assert!(refused.is_err(), "nobody is accepted any more");
    assert_eq!(server.hub.metrics().closed.shutdown, 20);
}

#[tokio::test]
async fn drain_sends_what_was_published() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(GET).await;
    server.until(|hub| hub.open == 1).await;
    let events = (0..500).map(|n| Block::event(n.to_string()));
    server.hub.publish_all(events).unwrap();
    server.hub.drain_with(&Block::event("last"));
    let answer = client.rest().await;
    let expected: Vec<_> = (0..500).map(|n| format!("data: {n}\n\n")).collect();
    let expected = format!(": \n\n{}data: last\n\n", expected.concat());
    assert_eq!(unchunked(split(&answer).1), expected);
    drop(client);
    server.serving.await.unwrap();
    assert_eq!(server.hub.metrics().closed.shutdown, 1);
}

#[tokio::test]
async fn a_hub_that_is_closed_already() {
    let hub = Hub::new();
    hub.close();
    let server = Server::start_with(hub, |direct| direct).await;
    server.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_holds_up_the_end_for_a_bounded_time() {
    let server = Server::start().await;
    let stalled = stalled(&server).await;
    let silent = server.subscribe().await;
    let start = Instant::now();
    server.hub.close();
    server.serving.await.unwrap();
    // On the paused clock of the test.
    let took = start.elapsed();
    assert!(took <= Duration::from_secs(6), "{took:?}");
    assert_eq!(server.hub.metrics().open, 0);
    assert_eq!(server.hub.metrics().closed.stalled, 1);
    assert_eq!(server.hub.metrics().closed.shutdown, 1);
    drop((stalled, silent));
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_for_too_long_is_cut_off() {
    let server = Server::start().await;
    let mut reads = server.subscribe().await;
    let reading = tokio::spawn(async move { reads.rest().await });
    let mut stalled = stalled(&server).await;
    server.until(|hub| hub.closed.stalled == 1).await;
    let cut = stalled.rest().await;
    assert!(!cut.ends_with("0\r\n\r\n"));
    assert_eq!(server.hub.metrics().open, 1, "who reads stays");
    server.hub.close();
    assert!(reading.await.unwrap().ends_with("0\r\n\r\n"));
}

/// A client that reads nothing of an event that is larger than all buffers of the system. Other
/// clients get the event too, and must read it or stall themselves.
async fn stalled(server: &Server) -> Client {
    let client = server.subscribe().await;
    let large = Block::event("x".repeat(32 << 20));
    server.hub.publish(large).unwrap();
    client
}

#[tokio::test(start_paused = true)]
async fn keep_alives_come_from_the_hub() {
    let server = Server::start().await;
    tokio::spawn(server.hub.keep_alive(KEEP_ALIVE_INTERVAL, sleep));
    let mut client = server.subscribe().await;
    let start = Instant::now();
    client.until("\r\n4\r\n: \n\n").await;
    assert!(start.elapsed() <= KEEP_ALIVE_INTERVAL);
}

/// Holds a token, so that the number of payloads can be seen.
struct Payload {
    bytes: Vec<u8>,
    _token: Arc<()>,
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_holds_one_frame_at_most() {
    const KEPT: usize = 4;
    let hub = Hub::builder().keep_events(KEPT).build();
    let server = Server::start_with(hub, |direct| direct).await;
    let clients = [
        server.subscribe().await,
        server.subscribe().await,
        server.subscribe().await,
    ];
    let token = Arc::new(());
    let held = || Arc::strong_count(&token) - 1;
    for n in 0..100_u64 {
        let payload = Payload {
            bytes: vec![b'x'; 1 << 20],
            _token: Arc::clone(&token),
        };
        let data = Data::try_from(Bytes::from_owner(payload)).unwrap();
        let block = Block::event(data).id(EventId::from(n));
        server.hub.publish(block).unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    // The test means something: the connections do hold one payload.
    let most = KEPT + clients.len();
    assert!((KEPT + 1..=most).contains(&held()), "{} are held", held());

    server.until(|hub| hub.closed.stalled == 3).await;
    assert_eq!(held(), KEPT);
}
