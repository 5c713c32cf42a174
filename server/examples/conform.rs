//! `conform` runs the server for a program that judges servers: it prints its URL, publishes what it
//! reads on its standard input, one JSON object a line, and answers each line. The variables of the
//! environment `SSE_HISTORY` and `SSE_KEEP_ALIVE_MS` set it up.

use std::env::var;
use std::error::Error;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use esse_encoder::{Block, EventId, EventType};
use esse_server::{Hub, LastEventId, Sink, Subscriber, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const OPTIONS: [&str; 7] = [
    "ids",
    "types",
    "resume",
    "query",
    "history",
    "keep-alive",
    "shutdown",
];

async fn events(State(hub): State<Hub>, id: LastEventId) -> Sink<Subscriber> {
    Sink::new(hub.subscribe().last_event_id(id).open())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Hub::builder();
    if let Ok(events) = var("SSE_HISTORY") {
        builder = builder.keep_events(events.parse()?);
    }
    let hub = builder.build();
    let app = Router::new().route("/events", get(events));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/events", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let mut server = serve(listener, app.with_state(hub.clone()))
        .hub(&hub)
        .until(async {
            // An error means that nobody can stop it any more.
            let _ = stopped.await;
        });
    if let Ok(ms) = var("SSE_KEEP_ALIVE_MS") {
        server = server.keep_alive(Duration::from_millis(ms.parse()?));
    }
    let serving = tokio::spawn(server.into_future());
    let version = env!("CARGO_PKG_VERSION");
    println!(
        "{}",
        json!({ "url": url, "name": "esse-server", "version": version, "options": OPTIONS })
    );
    // Standard input is read on a thread of its own: the runtime goes on.
    tokio::task::spawn_blocking(move || obey(&hub, stop)).await??;
    serving.abort();
    Ok(())
}

/// Carries out each line, and answers it.
fn obey(hub: &Hub, stop: oneshot::Sender<()>) -> io::Result<()> {
    let mut stop = Some(stop);
    for line in io::stdin().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let done = if let Some(event) = command.get("publish") {
            publish(hub, event)
        } else {
            // The server drains the hub, and ends.
            drop(stop.take());
            Ok(())
        };
        let answer = match done {
            Ok(()) => json!({ "ok": true }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        println!("{answer}");
    }
    Ok(())
}

fn publish(hub: &Hub, event: &Value) -> Result<(), Box<dyn Error>> {
    let text = |name: &str| event[name].as_str().map(str::to_owned);
    let mut block = Block::event(text("data").unwrap_or_default());
    if let Some(event_type) = text("event") {
        block = block.event_type(EventType::new(event_type)?);
    }
    if let Some(id) = text("id") {
        block = block.id(EventId::new(id)?);
    }
    Ok(hub.publish(block)?)
}
