//! An application with topics and event IDs in `serve`, with a hub as it is by default.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use esse_encoder::{Block, EventId, EventType};
use esse_server::{Hub, Record, Sink, Topics, last_event_id, response, serve};
use tokio::net::TcpListener;

use super::esse::counters;
use super::{Counters, Limits, Running};

pub(crate) fn start(listener: TcpListener, limits: Limits) -> Running {
    let hub = Hub::new();
    let counters = run(listener, &hub, limits);
    let newest = AtomicU64::new(0);
    Running {
        publish: Arc::new(move |topic, texts| {
            let _ = hub.publish_all(texts.into_iter().filter_map(|text| {
                let id = newest.fetch_add(1, Ordering::Relaxed) + 1;
                record(topic, text, Some(EventId::from(id)))
            }));
        }),
        counters: Box::new(counters),
    }
}

/// Serves a hub that something else feeds.
pub(super) fn run(
    listener: TcpListener,
    hub: &Hub,
    limits: Limits,
) -> impl Fn() -> Counters + use<> {
    let app = Router::new()
        .route("/events", get(events))
        .with_state(hub.clone());
    let mut server = serve(listener, app).hub(hub).until(pending());
    if let Some(limit) = limits.connections {
        server = server.max_connections(limit);
    }
    if let Some(limit) = limits.per_address {
        server = server.max_connections_per_address(limit);
    }
    if let Some(limit) = limits.patience {
        server = server.head_within(limit).stalled_after(limit);
    }
    let (counters, hub) = (counters(server.metrics()), hub.clone());
    tokio::spawn(server.into_future());
    move || Counters {
        missed: hub.metrics().gaps.events,
        ..counters()
    }
}

/// `None` if the topic cannot be the type of an event.
pub(super) fn record(topic: &str, text: String, id: Option<EventId>) -> Option<Record> {
    let event_type = EventType::new(topic.to_owned()).ok()?;
    let block = Block::event(text).event_type(event_type);
    Some(Record::new(&match id {
        Some(id) => block.id(id),
        None => block,
    }))
}

/// `?topics=` takes any topics, so a client chooses how many.
async fn events(State(hub): State<Hub>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let list = query.as_deref().and_then(topics_of);
    let topics = list.map_or(Topics::ALL, |list| Topics::of(list.split(',')));
    let id = last_event_id(&headers);
    response(Body::new(Sink::new(
        hub.subscribe().topics(topics).last_event_id(id).open(),
    )))
}

/// The list in `topics=head,block`.
pub(super) fn topics_of(query: &str) -> Option<&str> {
    query.strip_prefix("topics=")
}
