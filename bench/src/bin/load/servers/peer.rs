//! What a user would write today: axum's `Sse` over a broadcast channel, with its keep-alive.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, Sender};
use tokio_stream::wrappers::BroadcastStream;

use super::Publish;
use super::counted::Counting;

/// The channel keeps `events` events.
pub(crate) fn start(listener: TcpListener, events: usize) -> Publish {
    let (sender, _) = broadcast::channel::<Arc<str>>(events);
    let app = Router::new()
        .route("/events", get(subscribe))
        .with_state(sender.clone());
    tokio::spawn(async move { axum::serve(Counting(listener), app).await });
    Arc::new(move |_, texts| {
        for text in texts {
            let _ = sender.send(text.into());
        }
    })
}

async fn subscribe(
    State(sender): State<Sender<Arc<str>>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let texts = BroadcastStream::new(sender.subscribe());
    let events = texts.filter_map(|text| async { text.ok() });
    Sse::new(events.map(|text| Ok(Event::default().data(&*text)))).keep_alive(KeepAlive::default())
}
