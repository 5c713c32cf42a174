//! Requests that are refused.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use esse_encoder::Block;
use tokio::io::AsyncWriteExt;

use crate::client::{GET, Server, split, status, streams};

const FIELDS: &str = "Host: h\r\n\r\n";

/// hyper answers all of these.
#[tokio::test]
async fn bad_requests() {
    let server = Server::start().await;
    let long = "x".repeat(17_000);
    let many = "A: b\r\n".repeat(100);
    let get = |line: &str| format!("GET / HTTP/1.1\r\n{line}\r\n{FIELDS}");
    let table: &[(&str, String)] = &[
        // Not HTTP, or malformed.
        ("400", "\x16\x03\x01\x02\0\x01\0".into()),
        ("400", format!("GET\r\n{FIELDS}")),
        ("400", format!("GET  / HTTP/1.1\r\n{FIELDS}")),
        ("400", format!("GET /a b HTTP/1.1\r\n{FIELDS}")),
        ("400", format!("GET h:80:80 HTTP/1.1\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/2.0\r\n{FIELDS}")),
        // What two readers could read in two ways.
        ("400", format!("GET / HTTP/1.1\r\nA: b\rC: d\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\r\n c\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\0\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA : b\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\n: b\r\n{FIELDS}")),
        ("400", get("Transfer-Encoding: xchunked")),
        ("400", get("Content-Length: 0\r\nContent-Length: 3") + "abc"),
        ("400", get("Content-Length: +0")),
        // Limits.
        ("431", format!("GET /{long} HTTP/1.1\r\n{FIELDS}")),
        ("431", format!("GET / HTTP/1.1\r\nA: {long}\r\n{FIELDS}")),
        ("431", format!("GET / HTTP/1.1\r\n{many}{FIELDS}")),
    ];
    for (expected, request) in table {
        let shown = &request[..request.len().min(80)];
        let answer = server.answer(request).await;
        let (head, body) = split(&answer);
        assert_eq!(status(head), *expected, "{shown:?} got {answer:?}");
        assert!(head.contains("\r\nconnection: close"), "{head}");
        let length = format!("\r\ncontent-length: {}", body.len());
        assert!(head.contains(&length), "{head}");
        let answers = answer.matches("\r\ndate: ").count();
        assert_eq!(answers, 1, "{answer}");
    }
    assert_eq!(server.hub.metrics().opened, 0);
    assert_eq!(server.metrics.read().parked, 0);
}

#[tokio::test]
async fn a_head_in_any_two_pieces_is_answered_alike() {
    let server = Server::start_app(|hub| {
        let other = get(async || StatusCode::NO_CONTENT);
        streams(hub).route("/other", other)
    })
    .await;
    // The stream ends at once.
    server.hub.close();
    let right = "GET /events HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 7\r\n\r\n";
    let wrong = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n";
    let other = "GET /other HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    for (expected, head) in [("200", right), ("400", wrong), ("204", other)] {
        for cut in 0..head.len() {
            let mut client = server.connect().await;
            client.send(&head[..cut]).await;
            // Gives the server time to read that.
            tokio::time::sleep(Duration::from_millis(1)).await;
            // It may have refused already.
            let _ = client.0.write_all(&head.as_bytes()[cut..]).await;
            assert_eq!(status(&client.rest().await), expected, "cut at {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_to_its_end() {
    let server = Server::start_set(|serve| serve.head_within(Duration::from_secs(10))).await;
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\n"] {
        let start = tokio::time::Instant::now();
        let answer = server.answer(begun).await;
        assert_eq!(status(&answer), "408", "{begun:?}");
        assert!(start.elapsed() >= Duration::from_secs(10));
    }
    assert_eq!(server.metrics.read().slow_heads, 3);
}

/// The limit applies to the whole head: sending a byte now and then does not extend it.
#[tokio::test(start_paused = true)]
async fn a_head_that_comes_slowly() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let start = tokio::time::Instant::now();
    for byte in GET.as_bytes() {
        if client.0.write_all(&[*byte]).await.is_err() || server.metrics.read().slow_heads > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(status(&client.rest().await), "408");
    // On the paused clock of the test.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn what_comes_after_the_head_is_thrown_away() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(GET.repeat(3)).await;
    client.until(": \n\n").await;
    client.send(GET).await;
    server.hub.publish(Block::event("x")).unwrap();
    client.until("data: x\n\n").await;
    server.hub.drain();
    assert_eq!(client.rest().await, "\r\n0\r\n\r\n");
    assert_eq!(server.hub.metrics().opened, 1);
}

/// The client leaves while the server has nothing to send.
#[tokio::test]
async fn a_client_that_ends_its_side_is_gone() {
    let server = Server::start().await;
    for more in ["", "x", GET] {
        let mut client = server.subscribe().await;
        client.send(more).await;
        client.0.shutdown().await.unwrap();
        assert_eq!(client.rest().await, "\r\n");
        server.until_serve(|serve| serve.connections == 0).await;
        assert_eq!(server.hub.metrics().open, 0);
    }
}

/// The same while the application thinks about its answer.
#[tokio::test]
async fn a_client_that_leaves_before_the_answer_is_gone() {
    let server = Server::start_app(|_| Router::new().fallback(get(pending::<()>))).await;
    for more in ["", "x"] {
        let mut client = server.connect().await;
        client.send(GET).await;
        client.send(more).await;
        server.until_serve(|serve| serve.connections == 1).await;
        drop(client);
        server.until_serve(|serve| serve.connections == 0).await;
    }
}

#[tokio::test]
async fn a_client_that_sends_too_much_is_cut_off() {
    let server = Server::start().await;
    let mut client = server.subscribe().await;
    let noise = vec![b'x'; 32 * 1024];
    // Until the connection is gone.
    while client.0.write_all(&noise).await.is_ok() {}
    server.until(|hub| hub.closed.receiver == 1).await;
    assert_eq!(server.metrics.read().connections, 0);
}
