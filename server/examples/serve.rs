//! Two topics and a page, on a server that needs about a kilobyte for each idle subscriber. Run it,
//! and open <http://127.0.0.1:3000> in a browser. Ctrl-C stops it.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use esse_encoder::{Block, EventType};
use esse_server::{Hub, LastEventId, Sink, Subscriber, Topics, serve};
use tokio::net::TcpListener;

const HELLO: EventType = EventType::from_static("hello");
const TICK: EventType = EventType::from_static("tick");

const PAGE: &str = r#"<!doctype html><title>esse</title><ul id="list"></ul><script>
    const add = event => list.append(Object.assign(document.createElement("li"),
        { textContent: `${event.type}: ${event.data}` }));
    for (const topic of ["hello", "tick"])
        new EventSource(`/events/${topic}`).addEventListener(topic, add);
</script>"#;

async fn events(
    State(hub): State<Hub>,
    Path(topic): Path<String>,
    id: LastEventId,
) -> Sink<Subscriber> {
    let mut topics = vec![HELLO, TICK];
    topics.retain(|one| one.as_str() == topic);
    let subscribe = hub.subscribe().topics(Topics::of(topics));
    Sink::new(subscribe.last_event_id(id).open())
}

async fn publish(hub: Hub) {
    for n in 0_u64.. {
        let topic = if n % 5 == 0 { HELLO } else { TICK };
        let block = Block::event(n.to_string()).event_type(topic).id(n.into());
        if hub.publish(block).is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::new();
    let app = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/events/{topic}", get(events))
        .with_state(hub.clone());
    tokio::spawn(publish(hub.clone()));
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, app).hub(&hub).await
}
