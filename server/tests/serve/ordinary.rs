//! What is not a stream: hyper serves it.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, Version};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use esse_encoder::Block;
use esse_server::{Hub, no_content};
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Server, split, status, streams};
use crate::support::client::{Events, connect, get_h2};
use crate::support::until;

fn app(hub: &Hub) -> Router {
    Router::new()
        .nest("/events", streams(hub))
        .route("/", get("hello"))
        .route("/echo", post(async |body: String| body))
        .route(
            "/teapot",
            get(async || (StatusCode::IM_A_TEAPOT, [("x-own", "1")], "short and stout")),
        )
        .route(
            "/stop",
            get(async || {
                no_content(Body::from_stream(stream::iter([Ok::<_, Infallible>(
                    "not sent",
                )])))
            }),
        )
        .route("/moved", get(async || Redirect::temporary("/events")))
        .route("/upgrade", get(upgrade))
}

/// Echoes one byte in its own protocol.
async fn upgrade(request: axum::extract::Request) -> impl IntoResponse {
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.unwrap();
        let mut upgraded = TokioIo::new(upgraded);
        let byte = upgraded.read_u8().await.unwrap();
        upgraded.write_u8(byte).await.unwrap();
    });
    let headers = [("upgrade", "echo"), ("connection", "upgrade")];
    (StatusCode::SWITCHING_PROTOCOLS, headers)
}

#[tokio::test]
async fn several_requests_on_one_connection() {
    let server = Server::start_app(app).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        client.until("\r\n\r\nhello").await;
        client
            .send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            .await;
        client.until("\r\n\r\nabc").await;
    }
    // Two at once.
    client
        .send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2))
        .await;
    client.until("\r\n\r\nhello").await;
    client.until("\r\n\r\nhello").await;
    assert_eq!(server.metrics.read().accepted, 1);
    client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.until(": \n\n").await;
    server.hub.publish(Block::event("x")).unwrap();
    client.until("data: x\n\n").await;
}

#[tokio::test]
async fn a_first_request_with_a_body() {
    let server = Server::start_app(app).await;
    let large = "x".repeat(1 << 20);
    let head = "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    for request in [
        format!("{head}Content-Length: {}\r\n\r\n{large}", large.len()),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n100000\r\n{large}\r\n0\r\n\r\n"),
    ] {
        let answer = server.answer(&request).await;
        assert_eq!(status(&answer), "200");
        assert!(split(&answer).1 == large);
    }
    let expect = format!("{head}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    let mut client = server.connect().await;
    client.send(expect).await;
    client.until("HTTP/1.1 100 Continue\r\n\r\n").await;
    client.send("abc").await;
    assert!(client.rest().await.ends_with("\r\n\r\nabc"));
}

#[tokio::test]
async fn responses_of_all_kinds() {
    let server = Server::start_app(app).await;
    let answer = async |method: &str, path: &str, field: &str| {
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{field}\r\n");
        server.answer(head).await
    };
    let teapot = answer("GET", "/teapot", "").await;
    let (head, body) = split(&teapot);
    assert_eq!(status(head), "418");
    assert!(
        head.contains("\r\nx-own: 1") && head.contains("\r\ncontent-length: 15"),
        "{head}"
    );
    assert_eq!(body, "short and stout");

    let head = answer("HEAD", "/teapot", "").await;
    assert!(
        head.contains("\r\ncontent-length: 15") && head.ends_with("\r\n\r\n"),
        "{head}"
    );

    let stop = answer("GET", "/stop", "").await;
    assert_eq!(status(&stop), "204");
    assert!(
        !stop.contains("content-length") && stop.ends_with("\r\n\r\n"),
        "{stop}"
    );

    let moved = answer("GET", "/moved", "").await;
    assert_eq!(status(&moved), "307");
    assert!(moved.contains("\r\nlocation: /events\r\n"), "{moved}");
    assert_eq!(status(&answer("GET", "/nowhere", "").await), "404");
    assert_eq!(status(&answer("POST", "/events", "").await), "405");
    assert_eq!(server.hub.metrics().opened, 0);
}

#[tokio::test]
async fn an_upgrade() {
    let server = Server::start_with(Hub::new(), app, |serve| serve.max_connections(1)).await;
    let mut client = server.connect().await;
    client
        .send("GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        .await;
    assert_eq!(status(&client.until("\r\n\r\n").await), "101");
    // It counts as open as long as it is.
    let get = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&server.answer(get).await), "503");
    server.until_serve(|serve| serve.connections == 1).await;
    let metrics = server.metrics.clone();
    // The end of the server does not wait for it, and does not close it.
    server.stop().await;
    assert_eq!(metrics.read().connections, 1);
    client.send("x").await;
    assert_eq!(client.rest().await, "x");
    until(|| metrics.read().connections == 0).await;
}

#[tokio::test]
async fn http_2_by_prior_knowledge() {
    let server = Server::start_app(app).await;
    let mut events = Events::of(get_h2(server.at, "/events").await);
    server.hub.publish(Block::event("x")).unwrap();
    assert_eq!(events.data().await, "x");
    assert_eq!(server.metrics.read().parked, 0);

    // Two requests on one connection.
    let io = TokioIo::new(connect(server.at).await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for text in ["a", "b"] {
        let request = Request::post("http://h/echo")
            .body(Body::from(text))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, text);
    }
    // The preface in any two pieces.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for cut in 1..preface.len() {
        let mut client = server.connect().await;
        client.send(&preface[..cut]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        client.send(&preface[cut..]).await;
        // The settings of the server: a frame of type 4, on stream 0.
        let mut frame = [0; 9];
        client.0.read_exact(&mut frame).await.unwrap();
        assert_eq!(frame[3], 4, "cut at {cut}");
    }
}
