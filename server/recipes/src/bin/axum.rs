//! An event stream with axum, on the server of esse.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use esse_recipes::{TOPICS, hub, keep_alive_interval, listen};
use esse_server::{Hub, LastEventId, Sink, Subscriber, Topics, serve};

#[derive(serde::Deserialize)]
struct Ask {
    topics: String,
}

type Answer = Result<Sink<Subscriber>, (StatusCode, String)>;

async fn events(State(hub): State<Hub>, Query(ask): Query<Ask>, id: LastEventId) -> Answer {
    let topics = Topics::parse(&ask.topics, &TOPICS);
    let topics = topics.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    let subscribe = hub.subscribe().topics(topics).last_event_id(id);
    Ok(Sink::new(subscribe.open()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = hub();
    let app = Router::new().route("/events", get(events));
    let server = serve(listen()?, app.with_state(hub.clone()));
    server.hub(&hub).keep_alive(keep_alive_interval()).await
}
