//! curl: the bytes of the response on the wire.
#![cfg(all(unix, feature = "axum"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use esse_encoder::Block;

use esse_server::{Hub, LastEventId, Sink};
use support::program::installed;
use support::server::Server;
use support::{numbered, or_return, soon, until};
use tokio::process::Command;
use tokio::task::JoinHandle;

#[tokio::test]
async fn http_1_1_is_chunked_with_one_chunk_for_each_event() {
    let curl = or_return!(installed("curl"));
    let (hub, url, _server) = serve();
    let output = run(&curl, &["-isN", "--raw", "--http1.1", &url]);
    until(|| hub.metrics().open == 1).await;
    hub.publish(numbered(1, "head")).unwrap();
    hub.publish(Block::event("two\r\nlines")).unwrap();
    hub.drain_with(&Block::new().retry(Duration::from_secs(3)));
    let expected = "HTTP/1.1 200 OK\r\n\
        content-type: text/event-stream\r\n\
        cache-control: no-store, no-transform\r\n\
        x-accel-buffering: no\r\n\
        transfer-encoding: chunked\r\n\
        \r\n\
        4\r\n: \n\n\r\n\
        24\r\nevent: head\ndata: 1\nid: día 1 ✓\n\n\r\n\
        17\r\ndata: two\ndata: lines\n\n\r\n\
        D\r\nretry: 3000\n\n\r\n\
        0\r\n\r\n";
    assert_eq!(without_date(&output.await.unwrap()), expected);
}

#[tokio::test]
async fn http_2_has_the_same_head_and_body() {
    let curl = or_return!(installed("curl"));
    let (hub, url, _server) = serve();
    let output = run(&curl, &["-isN", "--raw", "--http2-prior-knowledge", &url]);
    until(|| hub.metrics().open == 1).await;
    hub.publish(numbered(1, "head")).unwrap();
    hub.drain();
    let expected = "HTTP/2 200 \r\n\
        content-type: text/event-stream\r\n\
        cache-control: no-store, no-transform\r\n\
        x-accel-buffering: no\r\n\
        \r\n\
        : \n\nevent: head\ndata: 1\nid: día 1 ✓\n\n";
    assert_eq!(without_date(&output.await.unwrap()), expected);
}

#[tokio::test]
async fn a_last_event_id_in_utf_8_resumes() {
    let curl = or_return!(installed("curl"));
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let (hub, url, _server) = serve();
        hub.publish_all([1, 2, 3].map(|number| numbered(number, "head")))
            .unwrap();
        let output = run(
            &curl,
            &["-sN", version, "-H", "Last-Event-ID: día 2 ✓", &url],
        );
        until(|| hub.metrics().opened == 1).await;
        hub.drain();
        let expected = ": \n\nevent: head\ndata: 3\nid: día 3 ✓\n\n";
        assert_eq!(output.await.unwrap(), expected, "{version}");
        assert_eq!(hub.metrics().gaps.unknown_id, 0);
    }
}

/// Any other status than 200 would be the end for an `EventSource`.
#[tokio::test]
async fn a_last_event_id_that_is_none_is_a_gap() {
    let curl = or_return!(installed("curl"));
    let (hub, url, _server) = serve();
    let long = format!("Last-Event-ID: {}", "x".repeat(4097));
    let output = run(&curl, &["-sN", "-w", "\n%{http_code}", "-H", &long, &url]);
    until(|| hub.metrics().opened == 1).await;
    hub.drain();
    let missed = r#"{"cause":"unknown_id","missed":0,"exact":false,"topics":[]}"#;
    let expected = format!(": \n\nevent: missed\ndata: {missed}\n\n\n200");
    assert_eq!(output.await.unwrap(), expected);
}

#[tokio::test]
async fn a_last_event_id_in_the_query_resumes() {
    let curl = or_return!(installed("curl"));
    let (hub, url, _server) = serve();
    hub.publish_all([1, 2].map(|number| numbered(number, "head")))
        .unwrap();
    let url = format!("{url}?lastEventId=d%C3%ADa+1+%E2%9C%93");
    let output = run(&curl, &["-sN", &url]);
    until(|| hub.metrics().opened == 1).await;
    hub.drain();
    assert_eq!(
        output.await.unwrap(),
        ": \n\nevent: head\ndata: 2\nid: día 2 ✓\n\n"
    );
}

fn serve() -> (Hub, String, Server) {
    let hub = Hub::new();
    let app = Router::new()
        .route("/events", get(events))
        .with_state(hub.clone());
    let server = Server::start(app);
    let url = format!("http://{}/events", server.address);
    (hub, url, server)
}

async fn events(State(hub): State<Hub>, id: LastEventId) -> impl IntoResponse {
    Sink::new(hub.subscribe().last_event_id(id).open())
}

/// Runs it beside the test, and returns its output.
fn run(curl: &Path, args: &[&str]) -> JoinHandle<String> {
    let mut command = Command::new(curl);
    let output = command.args(args).kill_on_drop(true).output();
    tokio::spawn(async { String::from_utf8(soon(output).await.unwrap().stdout).unwrap() })
}

/// The one line that differs each time.
fn without_date(output: &str) -> String {
    let lines = output.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("date: ")).collect()
}
