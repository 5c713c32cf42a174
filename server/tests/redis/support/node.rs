//! A process that serves the events, reduced to what the tests need.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_parser::{Chunk, Parser};
use esse_server::redis::RedisLog;
use esse_server::{Gap, GapCause, Hub, Recovery, Subscribe, Subscriber};
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinHandle;

use super::Redis;
use crate::common::soon;

/// The data of the notice that is sent first after a gap.
pub(crate) const GAP: &str = "gap";

pub(crate) struct Node {
    pub(crate) hub: Hub,
    gaps: Arc<Mutex<Vec<Gap>>>,
    pub(crate) feed: JoinHandle<()>,
}

/// What a client sees of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) data: String,
}

/// A connected client.
pub(crate) struct Client {
    subscriber: Subscriber,
    parser: Parser,
}

impl Node {
    /// Its ring is so small that the log is asked for most events. After a gap, a client goes on
    /// with everything that is kept.
    pub(crate) fn start(log: &RedisLog) -> Self {
        Self::start_with(8, log, go_on)
    }

    /// A node whose feed has begun, and a client that was there before any event.
    pub(crate) async fn live(redis: &Redis) -> (Self, Client) {
        let node = Self::start(&redis.log());
        redis.feeds(1).await;
        let client = node.connect(None);
        (node, client)
    }

    pub(crate) fn start_with(keep: usize, log: &RedisLog, then: fn(&Gap) -> Recovery) -> Self {
        let gaps: Arc<Mutex<Vec<Gap>>> = Arc::default();
        let seen = Arc::clone(&gaps);
        let hub = Hub::builder()
            .keep_events(keep)
            .history(Arc::new(log.clone()))
            .on_gap(move |gap| {
                seen.lock().unwrap().push(gap.clone());
                then(gap)
            })
            .build();
        let feed = tokio::spawn(log.feed(&hub));
        Self { hub, gaps, feed }
    }

    /// Why subscribers missed events, in order.
    pub(crate) fn gaps(&self) -> Vec<GapCause> {
        let gaps = self.gaps.lock().unwrap();
        gaps.iter().map(|gap| gap.cause).collect()
    }

    pub(crate) fn connect(&self, last_event_id: Option<&str>) -> Client {
        self.connect_with(last_event_id, |subscribe| subscribe)
    }

    pub(crate) fn connect_with(
        &self,
        last_event_id: Option<&str>,
        describe: impl FnOnce(Subscribe) -> Subscribe,
    ) -> Client {
        let id = last_event_id.map(|id| id.parse::<EventId>().unwrap());
        let subscribe = self.hub.subscribe().last_event_id(id);
        Client {
            subscriber: describe(subscribe).open(),
            parser: Parser::new(),
        }
    }
}

/// Sends a notice about the gap, and goes on.
pub(crate) fn go_on(_: &Gap) -> Recovery {
    Recovery::oldest().with(&Block::event(GAP))
}

/// The default, with a notice about the gap.
pub(crate) fn close_if_behind(gap: &Gap) -> Recovery {
    match gap.cause {
        GapCause::FellBehind => Recovery::close().silently(),
        _ => go_on(gap),
    }
}

impl Client {
    /// The next event; `None` at the end of the response.
    pub(crate) async fn next(&mut self) -> Option<Seen> {
        soon(self.next_frame()).await
    }

    /// The next event, if it is there already.
    pub(crate) fn now(&mut self) -> Option<Seen> {
        self.next_frame().now_or_never().flatten()
    }

    pub(crate) async fn take(&mut self, count: usize) -> Vec<Seen> {
        let seen = self.read(count).await;
        assert_eq!(seen.len(), count, "the response goes on");
        seen
    }

    /// Up to and including the event with this data.
    pub(crate) async fn until(&mut self, data: &str) -> Vec<Seen> {
        let mut seen = self.take(1).await;
        while seen.last().unwrap().data != data {
            seen.extend(self.take(1).await);
        }
        seen
    }

    /// This many events, or fewer if the response ends.
    pub(crate) async fn read(&mut self, most: usize) -> Vec<Seen> {
        let mut seen = Vec::new();
        while seen.len() < most {
            match self.next().await {
                Some(event) => seen.push(event),
                None => break,
            }
        }
        seen
    }

    async fn next_frame(&mut self) -> Option<Seen> {
        loop {
            let frame = self.subscriber.next().await?.to_bytes();
            let mut chunk = Chunk::new(&frame);
            // A block with an ID alone dispatches none.
            if let Some(event) = self.parser.next_event(&mut chunk).unwrap() {
                return Some(Seen {
                    id: event.last_event_id.to_owned(),
                    event: event.event_type.to_owned(),
                    data: event.data.to_owned(),
                });
            }
        }
    }
}

/// The data of each event.
pub(crate) fn data(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.data.as_str()).collect()
}

/// Waits until pages that were read are not given to others any more.
pub(crate) async fn pages_are_old() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}
