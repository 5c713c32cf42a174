//! When bytes leave, over HTTP/1.1 and HTTP/2: the head before any event, each event at once, and
//! what was published together in one write.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use esse_encoder::Block;
use esse_server::Hub;
use support::client::{self, Events};
use support::server::{Server, stream_of};

#[tokio::test]
async fn over_http_1_1() {
    let hub = Hub::new();
    let server = Server::start(stream_of(&hub));
    // The head leaves before any event.
    let events = Events::of(client::get(server.address, "/").await);
    let writes = writes_of_ten(&hub, &server, events, 300).await;
    assert_eq!(writes, OneByOneAndAtOnce(10, 1));
}

/// This holds for small events only: h2 writes each DATA frame of 256 bytes or more by itself,
/// however many there are to send.
#[tokio::test]
async fn over_http_2() {
    let hub = Hub::new();
    let server = Server::start(stream_of(&hub));
    let events = Events::of(client::get_h2(server.address, "/").await);
    let writes = writes_of_ten(&hub, &server, events, 200).await;
    assert_eq!(writes, OneByOneAndAtOnce(10, 1));
}

#[derive(Debug, PartialEq, Eq)]
struct OneByOneAndAtOnce(usize, usize);

/// How many writes ten events of this size take if each is published when the one before has
/// arrived, and if all are published at once.
async fn writes_of_ten(
    hub: &Hub,
    server: &Server,
    mut events: Events,
    bytes: usize,
) -> OneByOneAndAtOnce {
    let data = "x".repeat(bytes);
    // The writes of the beginning are over.
    hub.publish(Block::event(&*data)).unwrap();
    events.data().await;

    let start = server.writes.count();
    for _ in 0..10 {
        hub.publish(Block::event(&*data)).unwrap();
        events.data().await;
    }
    let one_by_one = server.writes.count();
    let ten = (0..10).map(|_| Block::event(&*data));
    hub.publish_all(ten).unwrap();
    for _ in 0..10 {
        events.data().await;
    }
    OneByOneAndAtOnce(one_by_one - start, server.writes.count() - one_by_one)
}
