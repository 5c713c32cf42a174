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
use esse_server::{Hub, LastEventId, Record, Sink, Subscriber, Topics};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Who {
    user: Option<String>,
}

/// A real application takes the user from its session.
async fn events(
    State(hub): State<Hub>,
    Query(who): Query<Who>,
    id: LastEventId,
) -> Sink<Subscriber> {
    let topics = who.user.as_deref().map(topic_of).into_iter();
    let topics = Topics::of(topics.chain(["everyone".to_owned()]));
    Sink::new(hub.subscribe().topics(topics).last_event_id(id).open())
}

async fn send(State(hub): State<Hub>, Query(to): Query<Who>, text: String) -> Result<(), String> {
    let topic = to
        .user
        .as_deref()
        .map_or_else(|| "everyone".to_owned(), topic_of);
    let record = Record::new(&Block::event(text)).with_topics([topic]);
    hub.publish(record).map_err(|error| error.to_string())
}

/// Only this user's streams are woken for it.
fn topic_of(user: &str) -> String {
    format!("user {user}")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/events", get(events))
        .route("/send", post(send))
        .with_state(Hub::new());
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, app).await
}
