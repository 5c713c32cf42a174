//! What the connections of slow clients hold of payloads that left the history.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use esse_encoder::{Block, Data};
use esse_server::{Hub, Record, Sink, Topics};
use hyper::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::client::Server;
use crate::counted::counted;
use crate::support::client::{Events, get_h2};
use crate::support::soon;

/// Larger than all buffers of the system.
const LARGE: usize = 8 << 20;
const CLIENTS: usize = 10;

/// Each path is the stream of one topic.
fn topics(hub: &Hub) -> Router {
    let hub = hub.clone();
    let events = async move |Path(topic): Path<String>| {
        Sink::new(hub.subscribe().topics(Topics::of([topic])).open())
    };
    Router::new().route("/{topic}", get(events))
}

#[tokio::test]
async fn readers_that_each_stall_at_another_payload_hold_a_bounded_amount() {
    for version in ["1.1", "1.0", "2"] {
        let hub = Hub::builder()
            .keep_bytes(LARGE)
            .hold_bytes(3 * LARGE)
            .build();
        let server = Server::start_with(hub, topics, |serve| {
            serve.stalled_after(Duration::from_secs(3600))
        })
        .await;
        let token = Arc::new(());
        let payloads = || Arc::strong_count(&token) - 1;
        let mut stalled = Vec::new();
        for n in 0..CLIENTS {
            stalled.push(open(&server, version, n).await);
            soon(server.until(|hub| hub.opened == n as u64 + 1)).await;
            let data = Data::try_from(counted(vec![b'x'; LARGE], &token)).unwrap();
            let record = Record::new(&Block::event(data)).with_topics([n.to_string()]);
            server.hub.publish(record).unwrap();
            soon(server.until(|hub| hub.sent == n as u64 + 1)).await;
            let held = server.hub.metrics().held_bytes;
            assert!(held <= 3 * LARGE, "{version}: {held} bytes");
        }
        // One is kept and two are held: each is a little larger than LARGE.
        let ended = CLIENTS - 3;
        soon(server.until(|hub| hub.closed.stalled == ended as u64)).await;
        assert_eq!(server.hub.metrics().open, 3, "{version}: the fastest stay");
        assert_eq!(payloads(), 3, "{version}");
    }
}

/// A client that reads one stream of HTTP/2 and leaves the windows of others closed.
#[tokio::test]
async fn streams_whose_window_stays_closed_are_ended() {
    const STALLED: usize = 50;
    let limit = Duration::from_millis(500);
    let server = Server::start_with(Hub::new(), topics, |serve| serve.stalled_after(limit)).await;
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(1024);
    let io = TokioIo::new(TcpStream::connect(server.at).await.unwrap());
    let (mut sender, connection) = builder.handshake(io).await.unwrap();
    tokio::spawn(connection);
    let mut open = async |path| {
        let request = Request::get(format!("http://h{path}"));
        let response = sender.send_request(request.body(Body::empty()).unwrap());
        response.await.unwrap()
    };
    let mut quiet = Events::of(open("/quiet").await);
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(open("/loud").await);
    }
    let loud = Record::new(&Block::event("x".repeat(LARGE))).with_topics(["loud"]);
    server.hub.publish(loud).unwrap();
    soon(server.until(|hub| hub.closed.stalled == STALLED as u64)).await;
    assert_eq!(server.hub.metrics().open, 1);
    let block = Block::event("x");
    let record = Record::new(&block).with_topics(["quiet"]);
    server.hub.publish(record).unwrap();
    assert_eq!(quiet.data().await, "x");
    assert_eq!(server.metrics.read().accepted, 1);
}

/// A client that reads the head of the response and nothing else.
async fn open(server: &Server, version: &str, n: usize) -> Box<dyn Send> {
    if version == "2" {
        return Box::new(get_h2(server.at, &format!("/{n}")).await);
    }
    let mut client = server.connect().await;
    let request = format!("GET /{n} HTTP/{version}\r\nHost: h\r\n\r\n");
    client.send(request).await;
    client.until(": \n\n").await;
    Box::new(client)
}
