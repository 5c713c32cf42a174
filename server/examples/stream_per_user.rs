//! One stream per user, with the events for everyone and those for this user.
//!
//! ```text
//! curl -N 'http://127.0.0.1:3000/events?user=ada'
//! curl -d 'for Ada only' 'http://127.0.0.1:3000/send?user=ada'
//! curl -d 'for everyone' 'http://127.0.0.1:3000/send'
//! ```

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use esse_encoder::Block;
use esse_server::{Hub, Record, Sink, Subscriber};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Who {
    user: Option<String>,
}

/// A real application takes the user from its session.
async fn events(State(hub): State<Hub>, Query(who): Query<Who>) -> Sink<Subscriber> {
    let may_see = move |record: &Record| match record.audience() {
        Some(audience) => who.user.as_deref() == Some(audience),
        None => true,
    };
    Sink::new(hub.subscribe().authorize(may_see).open())
}

async fn send(State(hub): State<Hub>, Query(to): Query<Who>, text: String) -> Result<(), String> {
    let mut record = Record::new(&Block::event(text));
    if let Some(user) = to.user {
        record = record.for_audience(user);
    }
    hub.publish(record).map_err(|closed| closed.to_string())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/events", get(events))
        .route("/send", post(send))
        .with_state(Hub::new());
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, app).await
}
