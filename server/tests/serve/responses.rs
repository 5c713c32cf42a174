//! Responses to valid requests.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::routing::get;
use axum::{Extension, Router};
use esse_encoder::{Block, EventId};
use esse_server::{Sink, response};
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use crate::client::{GET, Server, split, status, unchunked};
use crate::support::client;

#[tokio::test]
async fn a_client_of_hyper_gets_each_event_as_it_is_published() {
    let server = Server::start().await;
    let mut response = client::get(server.at, "/").await;
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store, no-transform"),
        ("x-accel-buffering", "no"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    let date = response.headers()["date"].to_str().unwrap();
    assert!(httpdate::parse_http_date(date).is_ok());

    let body = response.body_mut();
    let first = body.frame().await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), ": \n\n");
    for n in 0..100 {
        let large = "x".repeat(if n % 10 == 0 { 100_000 } else { n });
        let block = Block::event(large).id(EventId::from(n as u64));
        let expected = block.to_frame().to_bytes();
        server.hub.publish(block).unwrap();
        let mut got = Vec::new();
        while got.len() < expected.len() {
            let frame = body.frame().await.unwrap().unwrap();
            got.extend_from_slice(&frame.into_data().unwrap());
        }
        assert!(got == expected);
    }
    server.hub.close_with(&Block::event("bye"));
    let rest = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(rest, "data: bye\n\n");
    server.stop().await;
}

/// Both are left to hyper.
#[tokio::test]
async fn http_1_0_and_head_are_not_parked() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    let head = client.until("\r\n\r\n").await;
    assert_eq!(status(&head), "200");
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert!(!head.contains("connection: keep-alive"), "{head}");
    client.until(": \n\n").await;
    server.hub.publish(Block::event("x")).unwrap();
    assert_eq!(client.until("\n\n").await, "data: x\n\n");
    let head = "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = server.answer(head).await;
    let (head, body) = split(&answer);
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert_eq!(body, "");
    assert_eq!(server.hub.metrics().open, 1);
    assert_eq!(server.metrics.read().parked, 0);
    server.hub.drain();
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn the_handler_sees_the_request_and_sets_the_fields() {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let server = Server::start_app(|hub| {
        let hub = hub.clone();
        let events = async move |uri: Uri, Extension(peer): Extension<SocketAddr>| {
            *keep.lock().unwrap() = Some((uri, peer));
            let mut response = response(Body::new(Sink::new(hub.subscribe().open())));
            let headers = response.headers_mut();
            headers.insert("x-own", HeaderValue::from_static("1"));
            headers.append("x-own", HeaderValue::from_static("2"));
            headers.insert("date", HeaderValue::from_static("today"));
            // These belong to the connection, not to the application.
            headers.insert("connection", HeaderValue::from_static("keep-alive"));
            headers.insert("transfer-encoding", HeaderValue::from_static("gzip"));
            response
        };
        Router::new().fallback(get(events))
    })
    .await;
    let mut client = server.connect().await;
    client
        .send("GET http://other/a?b=c HTTP/1.1\r\nHost: h\r\n\r\n")
        .await;
    let head = client.until("\r\n\r\n").await;
    for line in [
        "x-own: 1",
        "x-own: 2",
        "date: today",
        "connection: close",
        "transfer-encoding: chunked",
    ] {
        let line = format!("\r\n{line}\r\n");
        assert_eq!(head.matches(&line).count(), 1, "{line} in {head}");
    }
    for name in ["content-length", "keep-alive", "gzip", "connection: keep"] {
        assert!(!head.contains(name), "{name} in {head}");
    }
    assert_eq!(head.matches("date: ").count(), 1);
    let (uri, peer) = seen.lock().unwrap().clone().unwrap();
    assert_eq!(uri, Uri::from_static("http://other/a?b=c"));
    assert_eq!(peer, client.0.local_addr().unwrap());
    server.until_serve(|serve| serve.parked == 1).await;
}

#[tokio::test]
async fn a_client_that_comes_back_gets_what_followed() {
    let server = Server::start().await;
    let blocks = (1..=50).map(|n| Block::event(n.to_string()).id(EventId::from(n)));
    server.hub.publish_all(blocks).unwrap();
    let head = "GET / HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 10\r\n\r\n";
    let mut client = server.connect().await;
    client.send(head).await;
    server.until(|hub| hub.replayed == 40).await;
    server.hub.drain();
    let answer = client.rest().await;
    let expected = (11..=50).map(|n| format!("data: {n}\nid: {n}\n\n"));
    let expected = expected.collect::<Vec<_>>().concat();
    assert_eq!(unchunked(split(&answer).1), format!(": \n\n{expected}"));
}

#[tokio::test]
async fn ten_events_published_at_once_leave_in_one_write() {
    let server = Server::start().await;
    let mut client = server.subscribe().await;
    client.until("\r\n").await;
    let before = server.metrics.read().writes;
    let events = (0..10).map(|n| Block::event(n.to_string()));
    server.hub.publish_all(events).unwrap();
    client.until("data: 9\n\n\r\n").await;
    assert_eq!(server.metrics.read().writes - before, 1);
    assert_eq!(server.hub.metrics().sent, 10);
}

#[tokio::test]
async fn a_stream_begins_as_the_application_wants() {
    let server = Server::start_app(|hub| {
        let hub = hub.clone();
        let retry = Block::new().retry(Duration::from_millis(500));
        let events = async move || Sink::new(hub.subscribe().open()).begin_with(&retry);
        Router::new().fallback(get(events))
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    let head = client.until("\r\n\r\n").await;
    assert_eq!(status(&head), "200");
    assert_eq!(client.until("\n\n\r\n").await, "c\r\nretry: 500\n\n\r\n");
}

/// The body of a response that fails, and one that gives empty pieces and trailers.
#[tokio::test]
async fn bodies_of_other_kinds() {
    let server = Server::start_app(|_| {
        let fails = async || {
            let pieces = [
                Ok("data: x\n\n"),
                Err(io::Error::other("as the test wants it")),
            ];
            response(Body::from_stream(stream::iter(pieces)))
        };
        let odd = async || {
            let mut trailers = HeaderMap::new();
            trailers.insert("x", HeaderValue::from_static("y"));
            let pieces = ["", "data: x\n\n", ""].map(Bytes::from).map(Frame::data);
            let frames = pieces.into_iter().chain([Frame::trailers(trailers)]);
            let frames = frames.map(Ok::<_, Infallible>).collect::<Vec<_>>();
            response(Body::new(StreamBody::new(stream::iter(frames))))
        };
        Router::new()
            .route("/fails", get(fails))
            .route("/odd", get(odd))
    })
    .await;
    let fails = server
        .answer("GET /fails HTTP/1.1\r\nHost: h\r\n\r\n")
        .await;
    assert_eq!(split(&fails).1, "9\r\ndata: x\n\n\r\n");
    let odd = server.answer("GET /odd HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(split(&odd).1, "9\r\ndata: x\n\n\r\n0\r\n\r\n");
}
