//! A real browser: Chromium's `EventSource`, over restarts of the server.
#![cfg(all(unix, feature = "axum", feature = "serve"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use esse_encoder::Block;

use esse_server::{Hub, LastEventId, Sink};
use serde::Deserialize;
use support::program::{Browser, Example, installed};
use support::server::Server;
use support::{id_of, numbered, or_return, soon, until};
use tokio::sync::watch;

/// Posts everything that it saw, again and again, because a post may be lost with the server.
const PAGE: &str = r#"<!doctype html><script>
    const seen = [];
    const source = new EventSource("/events");
    for (const topic of ["head", "block", "attestation"])
        source.addEventListener(topic, event => seen.push([topic, event.data, event.lastEventId]));
    const post = () => fetch("/report", { method: "POST", body: JSON.stringify(seen) }).catch(() => {});
    (async () => { for (;;) { await post(); await new Promise(resolve => setTimeout(resolve, 20)) } })();
</script>"#;
const TOPICS: [&str; 3] = ["head", "block", "attestation"];

type Seen = Vec<[String; 3]>;

#[derive(Clone)]
struct Shared {
    hub: Hub,
    seen: Arc<watch::Sender<Seen>>,
}

#[tokio::test]
async fn a_browser_resumes_over_restarts_without_a_gap_and_without_a_double() {
    let chromium = or_return!(installed("chromium"));
    let shared = Shared {
        hub: Hub::new(),
        seen: Arc::default(),
    };
    let app = app(shared.clone());
    let mut server = Server::start(app.clone());
    let address = server.address;
    let _browser = Browser::open(&chromium, &format!("http://{address}/"));
    until(|| shared.hub.metrics().open == 1).await;

    let mut numbers = 0..;
    for _ in 0..3 {
        publish(&shared.hub, &mut numbers, 10).await;
        see(&shared.seen, numbers.start - 10).await;
        // Some of the ten events may still be under way.
        server.stop().await;
        publish(&shared.hub, &mut numbers, 5).await;
        server = Server::start_at(address, app.clone());
        publish(&shared.hub, &mut numbers, 5).await;
    }
    see(&shared.seen, numbers.start - 1).await;

    let expected: Vec<_> = (0..numbers.start).map(event).collect();
    assert_eq!(*shared.seen.borrow(), expected);
    assert!(shared.hub.metrics().opened >= 4);
}

fn app(shared: Shared) -> Router {
    Router::new()
        .route("/", get(Html(PAGE)))
        .route("/events", get(events))
        .route("/report", post(report))
        .with_state(shared)
}

async fn events(State(shared): State<Shared>, id: LastEventId) -> impl IntoResponse {
    let subscriber = shared.hub.subscribe().last_event_id(id).open();
    Sink::new(subscriber).begin_with(&Block::new().retry(Duration::from_millis(50)))
}

async fn report(State(shared): State<Shared>, seen: String) {
    shared
        .seen
        .send_replace(serde_json::from_str(&seen).unwrap());
}

/// One after another, with time in between for some of them to arrive.
async fn publish(hub: &Hub, numbers: &mut std::ops::RangeFrom<usize>, count: usize) {
    for number in numbers.by_ref().take(count) {
        hub.publish(numbered(number, topic(number))).unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until the page has seen this event, or a later one.
async fn see(seen: &watch::Sender<Seen>, number: usize) {
    let is_later = |[_, data, _]: &[String; 3]| data.parse::<usize>().unwrap() >= number;
    soon(
        seen.subscribe()
            .wait_for(|seen| seen.last().is_some_and(is_later)),
    )
    .await
    .unwrap();
}

fn topic(number: usize) -> &'static str {
    TOPICS[number % TOPICS.len()]
}

fn event(number: usize) -> [String; 3] {
    [topic(number).to_owned(), number.to_string(), id_of(number)]
}

/// What the example's page shows.
#[derive(Clone, Default, Deserialize)]
struct Shown {
    state: String,
    reconnects: u64,
    missed: u64,
    counts: HashMap<String, u64>,
}

impl Shown {
    fn has_every_topic(&self) -> bool {
        self.counts.len() == 24 && self.counts.values().all(|count| *count > 0)
    }
}

#[tokio::test]
async fn the_page_of_the_example_shows_every_topic_and_what_a_restart_lost() {
    let chromium = or_return!(installed("chromium"));
    let shown = Arc::new(watch::Sender::<Shown>::default());
    let reports = Server::start(reports(Arc::clone(&shown)));
    let beacon = beacon(0);
    let (node, report) = (beacon.address, reports.address);
    let _browser = Browser::open(
        &chromium,
        &format!("http://{node}/?report=http://{report}/"),
    );

    let before = show(&shown, Shown::has_every_topic).await;
    assert_eq!((before.reconnects, before.missed), (0, 0));

    beacon.program.interrupt();
    assert_eq!(beacon.end().await, "stopped\n");
    let _beacon = self::beacon(node.port());
    let more = |count: (&String, &u64)| *count.1 > before.counts[count.0];
    let after = show(&shown, |shown| {
        shown.reconnects > 0 && shown.state == "open" && shown.counts.iter().all(more)
    })
    .await;
    // The node's memory ended with it, and the client gets one notice of that.
    assert_eq!((after.reconnects, after.missed), (1, 1));
}

/// At this speed a slot takes 20 ms. If the browser is slow, it must not fall behind what is kept, or
/// it would be disconnected and reconnect once more.
fn beacon(port: u16) -> Example {
    let port = port.to_string();
    let pace = ["--speed", "600", "--large", "16", "--attestations", "4"];
    let keep = ["--keep-events", "1000000", "--keep-mib", "4096"];
    Example::start("beacon", &[&["--port", &port], &pace[..], &keep].concat())
}

fn reports(shown: Arc<watch::Sender<Shown>>) -> Router {
    let report = |State(shown): State<Arc<watch::Sender<Shown>>>, body: String| async move {
        shown.send_replace(serde_json::from_str(&body).unwrap());
    };
    Router::new().route("/", post(report)).with_state(shown)
}

async fn show(shown: &watch::Sender<Shown>, so: impl FnMut(&Shown) -> bool) -> Shown {
    let mut shown = shown.subscribe();
    let shown = soon(shown.wait_for(so)).await.unwrap();
    shown.clone()
}
