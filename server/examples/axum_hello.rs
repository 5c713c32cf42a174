//! The smallest server with axum. Run it, then `curl -N http://127.0.0.1:3000/events`.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use esse_encoder::Block;

use esse_server::{Hub, LastEventId, Sink, Subscriber};
use tokio::net::TcpListener;

async fn events(State(hub): State<Hub>, id: LastEventId) -> Sink<Subscriber> {
    Sink::new(hub.subscribe().last_event_id(id).open())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::new();
    let app = Router::new().route("/events", get(events));
    let app = app.with_state(hub.clone());
    tokio::spawn(async move {
        while hub.publish(Block::event("hello")).is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, app).await
}
