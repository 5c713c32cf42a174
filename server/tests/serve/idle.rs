//! Connections that stay open without a request. All of this is on the paused clock of the tests.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use esse_encoder::Block;
use esse_server::Hub;
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

use crate::client::{Client, Server, streams};
use crate::support::client::{Events, connect};
use crate::support::soon;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty frame of type 4, on stream 0.
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
/// `GET /` of the authority `h`, whole, on stream 1.
const REQUEST: &[u8] = b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01h";
/// The type of a frame that says that the connection ends.
const GOAWAY: u8 = 7;

fn app(hub: &Hub) -> Router {
    Router::new()
        .nest("/events", streams(hub))
        .route("/", get("hello"))
}

/// The types of the frames up to the end of the connection.
async fn frames(client: &mut Client) -> Vec<u8> {
    let mut bytes = Vec::new();
    // It may end by a reset.
    let _ = soon(client.0.read_to_end(&mut bytes)).await;
    let (mut rest, mut types) = (&bytes[..], Vec::new());
    while let [_, high, low, kind, ..] = *rest {
        types.push(kind);
        rest = &rest[9 + usize::from(u16::from_be_bytes([high, low]))..];
    }
    types
}

#[tokio::test(start_paused = true)]
async fn http_2_without_a_request() {
    let server = Server::start_app(app).await;
    let whole = [PREFACE, SETTINGS].concat();
    for (begun, ends_well) in [(&PREFACE[..16], false), (PREFACE, true), (&whole, true)] {
        let mut client = server.connect().await;
        client.send(begun).await;
        let frames = frames(&mut client).await;
        assert_eq!(frames.contains(&GOAWAY), ends_well, "{frames:?}");
    }
    server.until_serve(|serve| serve.connections == 0).await;
    assert_eq!(server.metrics.read().slow_heads, 3);
}

/// The client does not answer the ping that comes with GOAWAY, so the server closes the connection.
#[tokio::test(start_paused = true)]
async fn http_2_after_its_last_response() {
    let server = Server::start_app(app).await;
    let mut client = server.connect().await;
    client.send([PREFACE, SETTINGS, REQUEST].concat()).await;
    let frames = frames(&mut client).await;
    assert!(frames.contains(&GOAWAY), "{frames:?}");
    server.until_serve(|serve| serve.connections == 0).await;
    assert_eq!(server.metrics.read().slow_heads, 0);
}

#[tokio::test(start_paused = true)]
async fn http_2_with_an_idle_event_stream() {
    let server = Server::start_app(app).await;
    let io = TokioIo::new(connect(server.at).await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut send = async |path: &str| {
        let request = Request::get(format!("http://h{path}"));
        let request = request.body(Body::empty()).unwrap();
        sender.send_request(request).await.unwrap()
    };
    let mut events = Events::of(send("/events").await);
    for n in 0..3 {
        sleep(Duration::from_secs(300)).await;
        let hello = send("/").await.into_body().collect().await.unwrap();
        assert_eq!(hello.to_bytes(), "hello");
        server.hub.publish(Block::event(n.to_string())).unwrap();
        assert_eq!(events.data().await, n.to_string());
    }
    drop(events);
    // The client has not dropped its sender.
    soon(connection).await.unwrap().unwrap();
    assert_eq!(server.metrics.read().accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn http_1_after_its_last_response() {
    let server = Server::start_app(app).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        client.until("\r\n\r\nhello").await;
        sleep(Duration::from_secs(9)).await;
    }
    assert_eq!(soon(client.rest()).await, "");
    server.until_serve(|serve| serve.connections == 0).await;
}
