//! What beacon nodes have today: axum's `Sse` over a broadcast channel of 16 events for each topic. A
//! comment says how many events a subscriber missed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::select_all;
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError::Lagged;

use super::counted::{Counted, Counting};
use super::node::topics_of;
use super::{Counters, Running};

const EVENTS: usize = 16;

#[derive(Clone, Default)]
struct Node {
    topics: Arc<Mutex<HashMap<String, Sender<Arc<str>>>>>,
    missed: Arc<AtomicU64>,
}

pub(crate) fn start(listener: TcpListener) -> Running {
    let node = Node::default();
    let app = Router::new()
        .route("/events", get(events))
        .with_state(node.clone());
    tokio::spawn(async move { axum::serve(Counting(listener), app).await });
    let missed = node.missed.clone();
    Running {
        publish: Arc::new(move |topic, texts| {
            let sender = node.sender(topic);
            for text in texts {
                let _ = sender.send(text.into());
            }
        }),
        counters: Box::new(move || Counters {
            missed: missed.load(Ordering::Relaxed),
            ..Counted::counters()
        }),
    }
}

impl Node {
    fn sender(&self, topic: &str) -> Sender<Arc<str>> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = topics.entry(topic.to_owned());
        sender
            .or_insert_with(|| broadcast::channel(EVENTS).0)
            .clone()
    }

    fn events(
        &self,
        topic: String,
        receiver: Receiver<Arc<str>>,
    ) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let all_missed = self.missed.clone();
        BroadcastStream::new(receiver).map(move |text| {
            Ok(match text {
                Ok(text) => Event::default().event(&topic).data(&*text),
                Err(Lagged(missed)) => {
                    all_missed.fetch_add(missed, Ordering::Relaxed);
                    Event::default().comment(format!("error - dropped {missed} messages"))
                }
            })
        })
    }
}

async fn events(
    State(node): State<Node>,
    RawQuery(query): RawQuery,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let topics = query.as_deref().and_then(topics_of).unwrap_or_default();
    let streams = topics.split(',').map(|topic| {
        let receiver = node.sender(topic).subscribe();
        Box::pin(node.events(topic.to_owned(), receiver))
    });
    Sse::new(select_all(streams)).keep_alive(KeepAlive::default())
}
