//! A hundred clients over real sockets stall, disconnect and reconnect at random, while two hundred
//! events are published. What each of them received is compared with a model.
//!
//! The model: of the events that a client may see (its topics, and those that are for it), it
//! received a run without a gap or a double, from the one that was published next when it first
//! connected. Only after a gap was reported may the next event be any later one.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod client;
mod model;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use client::Client;
use esse_encoder::{Block, EventType};

use esse_server::{Hub, LastEventId, Recovery, Sink, Topics};
use model::Totals;
use serde::Deserialize;
use support::server::Server;
use support::{soon, until};
use tokio::sync::watch;

const CLIENTS: u64 = 100;
const PUBLISHED: usize = 200;
/// Much less than is published, so that some fall behind it.
const KEPT: usize = 20;
/// A few events of this size are more than fits into the buffers of a connection.
const PADDING: usize = 8 * 1024;
const GAP: EventType = EventType::from_static("gap");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_gets_has_no_gap_but_those_it_is_told_of() {
    let hub = Hub::builder().keep_events(KEPT).on_gap(|_| gap()).build();
    let (published, seen_published) = watch::channel(0);
    let server = Server::start_with_small_buffers(app(&hub));
    let events = model::events(11);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|seed| Client::new(seed, server.address, seen_published.clone()))
        .map(|client| tokio::spawn(client.run()))
        .collect();
    until(|| hub.metrics().open > 50).await;
    for (number, event) in events.iter().enumerate() {
        hub.publish(event.record(number)).unwrap();
        published.send_replace(number + 1);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let mut totals = Totals::default();
    for client in clients {
        model::check(&soon(client).await.unwrap(), &events, &mut totals);
    }
    println!("{totals:?}");
    assert!(totals.gaps > 0 && totals.seamless > 0 && totals.received > 0);
    assert!(hub.metrics().gaps.fell_behind > 0);
    assert!(hub.metrics().denied > 0);
}

/// Goes on with everything that is kept, after a notice.
fn gap() -> Recovery {
    Recovery::oldest().with(&Block::event("").event_type(GAP))
}

fn app(hub: &Hub) -> Router {
    Router::new().route("/", get(serve)).with_state(hub.clone())
}

#[derive(Deserialize)]
struct Wanted {
    topics: String,
    group: String,
}

async fn serve(State(hub): State<Hub>, Query(wanted): Query<Wanted>, id: LastEventId) -> Response {
    let topics = wanted.topics.split(',');
    let topics = topics.map(|topic| EventType::new(topic.to_owned()).unwrap());
    let before = hub.metrics().published;
    let subscriber = hub
        .subscribe()
        .topics(Topics::of(topics))
        .last_event_id(id)
        .authorize(move |audience| audience == wanted.group)
        .open();
    let after = hub.metrics().published;
    let published = [("x-published", format!("{before} {after}"))];
    (published, Sink::new(subscriber)).into_response()
}
