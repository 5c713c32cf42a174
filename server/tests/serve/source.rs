//! Events whose data is not in memory, on real connections.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use esse_encoder::{Block, EventId};
use esse_server::{Hub, Record};
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{GET, Server, unchunked};
use crate::counted::counted;
use crate::support::client::{get_h2, request, send};
use crate::support::nginx::Proxy;
use crate::support::program::installed;
use crate::support::{or_return, soon};

const CHUNK: usize = 64 * 1024;

/// A line that begins with its number, so that one chunk out of place is seen.
fn line(n: usize) -> String {
    format!("{n:x<width$}\n", width = CHUNK - 1)
}

fn publish(hub: &Hub, chunks: usize, token: &Arc<()>) {
    let token = Arc::clone(token);
    let open = move || {
        let token = Arc::clone(&token);
        stream::iter(
            (0..chunks).map(move |n| Ok::<_, Infallible>(counted(line(n).into_bytes(), &token))),
        )
    };
    let block = Block::new().id(EventId::from(7));
    hub.publish(Record::from_source(block, open)).unwrap();
}

#[tokio::test]
async fn all_ways_of_serving_send_it_whole() {
    const CHUNKS: usize = 300;
    let server = Server::start().await;
    let mut bodies = JoinSet::new();
    for head in [GET, "GET / HTTP/1.0\r\n\r\n"] {
        let mut client = server.subscribe_with(head).await;
        let is_chunked = head == GET;
        bodies.spawn(async move {
            let rest = client.rest().await;
            let rest = rest.strip_prefix("\r\n").unwrap_or(&rest);
            if is_chunked {
                unchunked(rest)
            } else {
                rest.to_owned()
            }
        });
    }
    let response = get_h2(server.at, "/").await;
    bodies.spawn(async move {
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.into()).unwrap();
        body.strip_prefix(": \n\n").unwrap().to_owned()
    });
    soon(server.until(|hub| hub.open == 3)).await;
    publish(&server.hub, CHUNKS, &Arc::default());
    server.hub.drain();
    let data: String = (0..CHUNKS).map(line).collect();
    let event = Block::event(data)
        .id(EventId::from(7))
        .to_frame()
        .to_bytes();
    for body in soon(bodies.join_all()).await {
        assert!(body.as_bytes() == event, "{} bytes", body.len());
    }
}

/// RFC 9112, section 8: what ends with the last chunk is complete.
#[tokio::test]
async fn a_response_that_ends_within_an_event_is_not_complete() {
    let server = Server::start().await;
    let by_hyper = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    let clients = [
        server.subscribe().await,
        server.subscribe_with(by_hyper).await,
    ];
    let mut http2 = get_h2(server.at, "/").await.into_body();
    soon(server.until(|hub| hub.open == 3)).await;

    let open = || stream::iter([Ok(Bytes::from("begin")), Err("the disk is gone")]);
    let block = Block::new().id(EventId::from(2));
    let before = Record::new(&Block::event("before").id(EventId::from(1)));
    let records = [before, Record::from_source(block, open)];
    server.hub.publish_all(records).unwrap();
    for mut client in clients {
        let seen = soon(client.rest()).await;
        assert!(seen.contains("data: before\nid: 1\n\n"), "{seen}");
        assert!(seen.ends_with("begin\r\n"), "{seen}");
    }
    let mut seen = String::new();
    while let Ok(frame) = soon(http2.frame()).await.expect("an error at the end") {
        seen.push_str(str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    assert!(seen.contains("data: before\nid: 1\n\n"), "{seen}");
    soon(server.until(|hub| hub.closed.source_failed == 3)).await;
}

/// Over HTTP/1.0 the end of the connection is the end of the response (RFC 9112, section 6.3).
#[tokio::test]
async fn over_http_1_0_the_connection_is_reset_if_a_response_is_not_complete() {
    let server = Server::start().await;
    for (end, kind) in [
        (Err("gone"), Some(ErrorKind::ConnectionReset)),
        (Ok("end"), None),
    ] {
        let mut client = server.subscribe_with("GET / HTTP/1.0\r\n\r\n").await;
        let open = move || stream::iter([Ok("begin"), end].map(|data| data.map(Bytes::from)));
        let record = Record::from_source(Block::new(), open);
        server.hub.publish(record).unwrap();
        client.until("begin").await;
        if kind.is_none() {
            client.until("\n\n").await;
            server.hub.end_all_of("ada", None);
        }
        let mut rest = Vec::new();
        let read = soon(client.0.read_to_end(&mut rest)).await;
        assert_eq!(read.err().map(|error| error.kind()), kind);
    }
}

/// It speaks HTTP/1.0 to the server by default.
#[tokio::test]
async fn nginx_breaks_off_a_response_that_is_not_complete() {
    let nginx = or_return!(installed("nginx"));
    let server = Server::start().await;
    let location = format!("location / {{ proxy_pass http://{}; }}", server.at);
    let proxy = Proxy::start(&nginx, &location).await;
    let response = send(proxy.connect().await, request("/")).await;
    soon(server.until(|hub| hub.open == 1)).await;
    let open = || stream::iter([Ok(Bytes::from("begin")), Err("gone")]);
    let record = Record::from_source(Block::new(), open);
    server.hub.publish(record).unwrap();
    assert!(soon(response.into_body().collect()).await.is_err());
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_a_chunk() {
    let server = Server::start().await;
    let token = Arc::new(());
    let clients = [server.subscribe().await, server.subscribe().await];
    publish(&server.hub, usize::MAX, &token);
    soon(server.until(|hub| hub.sent == 2)).await;
    // The token here, and the one in the record.
    let held = || Arc::strong_count(&token) - 2;
    let mut writes = 0;
    while server.metrics.read().writes != writes {
        writes = server.metrics.read().writes;
        sleep(Duration::from_millis(200)).await;
    }
    // Each has the chunk that it sends, and the token that is in its stream.
    assert_eq!(held(), 2 * clients.len());
    drop(clients);
    soon(server.until(|hub| hub.open == 0)).await;
    assert_eq!(held(), 0);
}

#[cfg(feature = "file")]
mod file {
    use std::io::Write;

    use tempfile::NamedTempFile;

    use super::{Block, CHUNK, Record, Server, line, soon, unchunked};

    fn record(path: &std::path::Path) -> Record {
        Record::from_file(Block::new(), path)
    }

    #[tokio::test]
    async fn a_file_is_sent_whole_to_each_client() {
        let server = Server::start().await;
        let clients = [server.subscribe().await, server.subscribe().await];
        let data: String = (0..20)
            .map(|n| line(n).replace("xxxxxxxx", "xxxxxxx\n"))
            .collect();
        assert_eq!(data.len(), 20 * CHUNK);
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(data.as_bytes()).unwrap();
        server.hub.publish(record(file.path())).unwrap();
        server.hub.drain();
        let event = Block::event(data).to_frame().to_bytes();
        for mut client in clients {
            let rest = soon(client.rest()).await;
            let rest = rest.strip_prefix("\r\n").unwrap_or(&rest);
            assert!(unchunked(rest).as_bytes() == event);
        }
    }

    #[tokio::test]
    async fn without_the_file_the_response_ends() {
        let server = Server::start().await;
        let _client = server.subscribe().await;
        server.hub.publish(record("none".as_ref())).unwrap();
        soon(server.until(|hub| hub.closed.source_failed == 1)).await;
    }
}
