//! Layers of the application, with streams that are parked and such that are not.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use esse_encoder::Block;
use futures_util::stream;
use http_body_util::BodyExt;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::map_response_body::MapResponseBodyLayer;
use tower_http::timeout::{ResponseBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;

use crate::client::{Client, GET, Server, split, status, streams, unchunked};
use crate::support;
use crate::support::client::{request, send};

const GZIP: &str = "GET / HTTP/1.1\r\nHost: h\r\nOrigin: o\r\nAccept-Encoding: gzip\r\n\r\n";

/// A client whose stream has begun, and its head.
async fn begun(server: &Server) -> (Client, String) {
    let mut client = server.connect().await;
    client.send(GZIP).await;
    let head = client.until("\r\n\r\n").await;
    (client, head)
}

#[tokio::test]
async fn layers_around_a_stream_that_is_parked() {
    let server = Server::start_app(|hub| {
        let streams = streams(hub).layer(CompressionLayer::new());
        streams
            .layer(CorsLayer::permissive())
            .layer(TraceLayer::new_for_http())
    })
    .await;
    let (mut client, head) = begun(&server).await;
    assert!(
        head.contains("\r\naccess-control-allow-origin: *\r\n"),
        "{head}"
    );
    assert!(!head.contains("content-encoding"), "{head}");
    client.until(": \n\n").await;
    server.hub.publish(Block::event("x")).unwrap();
    client.until("data: x\n\n").await;
    server.until_serve(|serve| serve.parked == 1).await;

    let preflight = "OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: o\r\nConnection: close\r\n\
        Access-Control-Request-Method: GET\r\n\r\n";
    let answer = server.answer(preflight).await;
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("access-control-allow-methods"), "{answer}");
}

/// Its body is parked with what the layer has put around it.
#[tokio::test]
async fn a_layer_that_changes_the_bytes() {
    let server = Server::start_app(|hub| {
        let loud = |body: Body| {
            body.map_frame(|frame| frame.map_data(|data| Bytes::from(data.to_ascii_uppercase())))
        };
        streams(hub).layer(MapResponseBodyLayer::new(loud))
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    server.until_serve(|serve| serve.parked == 1).await;
    server.hub.publish(Block::event("loud")).unwrap();
    server.hub.drain();
    let answer = client.rest().await;
    assert_eq!(unchunked(split(&answer).1), ": \n\nDATA: LOUD\n\n");
}

/// What a layer holds as long as the response lasts.
#[tokio::test]
async fn a_layer_that_counts_open_responses() {
    let open = Arc::new(());
    let server = Server::start_app(|hub| {
        let count = Arc::clone(&open);
        let counting = move |body: Body| {
            let count = Arc::clone(&count);
            body.map_frame(move |frame| {
                let _ = &count;
                frame
            })
        };
        streams(hub).layer(MapResponseBodyLayer::new(counting))
    })
    .await;
    let before = Arc::strong_count(&open);
    let client = server.subscribe().await;
    server.until_serve(|serve| serve.parked == 1).await;
    assert_eq!(Arc::strong_count(&open), before + 1);
    drop(client);
    server.until_serve(|serve| serve.parked == 0).await;
    assert_eq!(Arc::strong_count(&open), before);
}

/// The body fails, so the end of the last chunk is missing.
#[tokio::test(start_paused = true)]
async fn a_layer_that_ends_silent_responses() {
    let server = Server::start_with(
        esse_server::Hub::new(),
        |hub| streams(hub).layer(ResponseBodyTimeoutLayer::new(Duration::from_secs(20))),
        |serve| serve.keep_alive(Duration::from_secs(3600)),
    )
    .await;
    let mut client = server.subscribe().await;
    server.until_serve(|serve| serve.parked == 1).await;
    assert_eq!(client.rest().await, "\r\n");
    assert_eq!(server.hub.metrics().closed.receiver, 1);
}

/// `serve` limits the time of a head alone. The body is read by the application.
#[tokio::test]
async fn a_layer_that_limits_the_time_of_a_request_body() {
    let limit = Duration::from_millis(100);
    let server = Server::start_app(|hub| {
        let upload = post(async |_: Bytes| "read");
        let layer = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limit);
        streams(hub).route("/upload", upload).layer(layer)
    })
    .await;
    let mut subscriber = server.subscribe().await;
    let mut client = server.connect().await;
    let head = "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
    client.send([head, "1"].concat()).await;
    assert_eq!(status(&client.until("\r\n\r\n").await), "408");

    server.hub.publish(Block::event("later")).unwrap();
    subscriber.until("data: later\n\n").await;
}

#[tokio::test]
async fn a_stream_that_a_layer_compresses_is_not_parked() {
    let always = |_: StatusCode, _: Version, _: &HeaderMap, _: &Extensions| true;
    let server =
        Server::start_app(|hub| streams(hub).layer(CompressionLayer::new().compress_when(always)))
            .await;
    let mut request = request("/");
    let gzip = "gzip".parse().unwrap();
    request.headers_mut().insert("accept-encoding", gzip);
    let connection = support::client::connect(server.at).await;
    let response = send(connection, request).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(server.metrics.read().parked, 0);
    server.hub.publish(Block::event("x")).unwrap();
    server.hub.drain();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut decoder = flate2::read::GzDecoder::new(&body[..]);
    let text = std::io::read_to_string(&mut decoder).unwrap();
    assert_eq!(text, ": \n\ndata: x\n\n");
}

/// Asynchronous, too.
#[tokio::test]
async fn a_layer_that_refuses() {
    let server = Server::start_app(|hub| {
        let refuse = from_fn(
            async |request: axum::extract::Request, next: axum::middleware::Next| {
                tokio::task::yield_now().await;
                if request.headers().contains_key("authorization") {
                    return next.run(request).await;
                }
                (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic")]).into_response()
            },
        );
        streams(hub).route("/never", get(())).layer(refuse)
    })
    .await;
    // The connection stays: the second request has what the first one lacks.
    let mut client = server.connect().await;
    client.send(GET).await;
    let head = client.until("\r\n\r\n").await;
    assert_eq!(status(&head), "401");
    assert!(head.contains("\r\nwww-authenticate: Basic\r\n"), "{head}");
    assert!(!head.contains("connection: close"), "{head}");
    assert_eq!(server.hub.metrics().opened, 0);
    let authorized = "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic x\r\n\r\n";
    client.send(authorized).await;
    client.until(": \n\n").await;
    // It is the second of its connection.
    assert_eq!(server.metrics.read().parked, 0);
    server.subscribe_with(authorized).await;
    server.until_serve(|serve| serve.parked == 1).await;
}

/// A layer that replaces the body has the last word, mark or no mark.
#[tokio::test]
async fn a_layer_that_replaces_the_body() {
    let server = Server::start_app(|hub| {
        let replace = MapResponseBodyLayer::new(|_: Body| {
            let instead = stream::iter([Ok::<_, Infallible>("data: instead\n\n")]);
            Body::from_stream(instead)
        });
        let streams: Router = streams(hub);
        streams.layer(replace)
    })
    .await;
    let answer = server.answer(GET).await;
    assert_eq!(unchunked(split(&answer).1), "data: instead\n\n");
    assert_eq!(server.hub.metrics().closed.receiver, 1);
}
