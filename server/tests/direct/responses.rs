//! Responses to valid requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_server::direct::Refusal;
use esse_server::{Hub, no_content, response};
use http::{HeaderValue, Response, StatusCode, Uri};
use http_body_util::BodyExt;

use crate::client::{GET, Server, split, status, unchunked};
use crate::support::client::get;

#[tokio::test]
async fn a_client_of_hyper_gets_each_event_as_it_is_published() {
    let server = Server::start().await;
    let mut response = get(server.at, "/").await;
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
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
    server.serving.await.unwrap();
}

#[tokio::test]
async fn http_1_0_gets_the_bare_body_up_to_the_end_of_the_connection() {
    let server = Server::start().await;
    let mut client = server.subscribe_with("GET / HTTP/1.0\r\n\r\n").await;
    server.hub.publish(Block::event("x")).unwrap();
    assert_eq!(client.until("\n\n").await, "data: x\n\n");
    server.hub.drain();
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn http_1_0_is_promised_no_chunks() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n").await;
    let head = client.until("\r\n\r\n").await;
    assert_eq!(status(&head), "200");
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert!(head.contains("connection: close"), "{head}");
}

#[tokio::test]
async fn head_gets_the_head_alone_and_subscribes_nobody() {
    let server = Server::start().await;
    let answer = server.answer("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let (head, body) = split(&answer);
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert_eq!(body, "");
    assert_eq!(server.hub.metrics().opened, 0);
}

#[tokio::test]
async fn the_hook_sees_the_request_and_sets_the_fields() {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let server = Server::start_with(Hub::new(), |direct| {
        direct.on_request(move |hub, request| {
            let peer = request.extensions().get::<SocketAddr>().copied();
            *keep.lock().unwrap() = Some((request.uri().clone(), peer));
            let mut response = response(hub.subscribe());
            let headers = response.headers_mut();
            headers.insert("x-own", HeaderValue::from_static("1"));
            headers.append("x-own", HeaderValue::from_static("2"));
            headers.insert("date", HeaderValue::from_static("today"));
            // This header belongs to the connection, not to the application.
            headers.insert("content-length", HeaderValue::from_static("7"));
            headers.insert("connection", HeaderValue::from_static("keep-alive"));
            headers.insert("transfer-encoding", HeaderValue::from_static("gzip"));
            Ok(response)
        })
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
    assert_eq!(peer, Some(client.0.local_addr().unwrap()));
}

#[tokio::test]
async fn what_the_application_refuses() {
    let server = Server::start_with(Hub::new(), |direct| {
        direct.on_request(|_, request| match request.uri().path() {
            "/stop" => Err(no_content("a body that may not be there").into()),
            "/teapot" => {
                let refused = Response::builder().status(418).header("x-own", "1");
                Err(refused.body("short and stout").unwrap().into())
            }
            "/continue" => Err(StatusCode::CONTINUE.into()),
            _ => Err(Refusal::text(StatusCode::NOT_FOUND, "no such stream")),
        })
    })
    .await;
    let get = |path: &str| server.answer(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));

    let answer = get("/teapot").await;
    let (head, body) = split(&answer);
    assert_eq!(status(head), "418");
    assert!(
        head.contains("\r\nx-own: 1") && head.contains("\r\ncontent-length: 15"),
        "{head}"
    );
    assert_eq!(body, "short and stout");

    let head = "HEAD /teapot HTTP/1.1\r\nHost: h\r\n\r\n";
    let answer = server.answer(head).await;
    assert!(
        answer.contains("\r\ncontent-length: 15") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );

    let answer = get("/stop").await;
    assert_eq!(status(&answer), "204");
    assert!(
        !answer.contains("content-length") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );

    assert_eq!(status(&get("/continue").await), "500");
    let answer = get("/nowhere").await;
    assert!(answer.ends_with("\r\n\r\nno such stream"));
    let twice = "GET /id HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 1\r\nLast-Event-ID: 2\r\n\r\n";
    assert_eq!(status(&server.answer(twice).await), "400");
    assert_eq!(server.direct.metrics().refused, 6);
    assert_eq!(server.hub.metrics().opened, 0);
}

#[tokio::test]
async fn who_comes_back_is_replayed_to() {
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
    let before = server.direct.metrics().writes;
    let events = (0..10).map(|n| Block::event(n.to_string()));
    server.hub.publish_all(events).unwrap();
    client.until("data: 9\n\n\r\n").await;
    assert_eq!(server.direct.metrics().writes - before, 1);
    assert_eq!(server.hub.metrics().sent, 10);
}

#[tokio::test]
async fn a_stream_begins_as_it_is_told_to() {
    let server = Server::start_with(Hub::new(), |direct| {
        direct.begin_with(&Block::new().retry(Duration::from_millis(500)))
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    let head = client.until("\r\n\r\n").await;
    assert_eq!(status(&head), "200");
    assert_eq!(client.until("\n\n\r\n").await, "c\r\nretry: 500\n\n\r\n");
}
