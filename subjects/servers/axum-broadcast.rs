//! A server with the crate axum: `Sse` over a channel of tokio, as its examples have it. A client that
//! lags behind the channel misses what it has not read.

use std::convert::Infallible;
use std::env::var;
use std::io::stdin;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use esse_subjects::say;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// As in the documentation of the channel.
const CAPACITY: usize = 16;

/// Without the sender, all streams end.
type Sender = Arc<Mutex<Option<broadcast::Sender<Event>>>>;

async fn events(
    State(sender): State<Sender>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let receiver = match &*sender.lock().unwrap() {
        Some(sender) => sender.subscribe(),
        None => broadcast::channel(1).1,
    };
    // An error means that the client lagged.
    let stream = BroadcastStream::new(receiver).filter_map(async |event| event.ok().map(Ok));
    let interval = var("SSE_KEEP_ALIVE_MS").ok().and_then(|ms| ms.parse().ok());
    let keep_alive = KeepAlive::new().interval(Duration::from_millis(interval.unwrap_or(15_000)));
    Sse::new(stream).keep_alive(keep_alive)
}

#[tokio::main]
async fn main() {
    let sender: Sender = Arc::new(Mutex::new(Some(broadcast::channel(CAPACITY).0)));
    let app = Router::new()
        .route("/events", get(events))
        .with_state(sender.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    say(&json!({
        "url": url, "name": "axum", "version": var("SUBJECT_VERSION").unwrap_or_default(),
        "options": ["ids", "types", "keep-alive", "shutdown"],
    }));
    // It refuses by a panic, as its documentation says.
    std::panic::set_hook(Box::new(|_| {}));
    for line in stdin().lines() {
        let command: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let answer = match command.get("publish") {
            None => {
                sender.lock().unwrap().take();
                json!({ "ok": true })
            }
            Some(published) => match catch_unwind(|| event(published)) {
                Ok(event) => {
                    // An error means that nobody is there.
                    let _ = sender
                        .lock()
                        .unwrap()
                        .as_ref()
                        .map(|sender| sender.send(event));
                    json!({ "ok": true })
                }
                Err(_) => json!({ "error": "panicked" }),
            },
        };
        say(&answer);
    }
    std::process::exit(0);
}

fn event(published: &Value) -> Event {
    let mut event = Event::default().data(published["data"].as_str().unwrap());
    if let Some(event_type) = published["event"].as_str() {
        event = event.event(event_type);
    }
    match published["id"].as_str() {
        Some(id) => event.id(id),
        None => event,
    }
}
