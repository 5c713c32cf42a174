//! nginx in front, with its defaults: it buffers, and speaks HTTP/1.0 to the server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use esse_server::Hub;
use support::client::{Events, request, send};
use support::nginx::Proxy;
use support::program::installed;
use support::server::{Server, events, stream_of};
use support::{numbered, or_return, until};

#[tokio::test]
async fn events_come_through_one_by_one() {
    let nginx = or_return!(installed("nginx"));
    let (hub, _server, proxy) = start(&nginx).await;
    // Before any event.
    let mut events = Events::of(send(proxy.connect().await, request("/")).await);
    for number in 0..20 {
        hub.publish(numbered(number, "head")).unwrap();
        assert_eq!(events.data().await, number.to_string());
    }
}

/// Shows that the test above can fail.
#[tokio::test]
async fn without_the_header_nginx_holds_back_even_the_head() {
    let nginx = or_return!(installed("nginx"));
    let (hub, _server, proxy) = start(&nginx).await;
    let io = proxy.connect().await;
    let held_back = tokio::spawn(async {
        Events::of(send(io, request("/without-header")).await)
            .rest()
            .await
    });
    until(|| hub.metrics().open == 1).await;
    for number in 0..20 {
        hub.publish(numbered(number, "head")).unwrap();
    }
    until(|| hub.metrics().sent == 20).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!held_back.is_finished());
    hub.drain();
    assert_eq!(held_back.await.unwrap().len(), 20);
}

async fn start(nginx: &Path) -> (Hub, Server, Proxy) {
    let hub = Hub::new();
    let app = Router::new()
        .route("/without-header", get(without_header))
        .with_state(hub.clone());
    let server = Server::start(stream_of(&hub).merge(app));
    let location = format!("location / {{ proxy_pass http://{}; }}", server.address);
    (hub, server, Proxy::start(nginx, &location).await)
}

async fn without_header(hub: State<Hub>) -> Response {
    let mut response = events(hub).await;
    response.headers_mut().remove("x-accel-buffering");
    response
}
