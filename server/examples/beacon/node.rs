//! One node: the hub of its clients, and the log that it publishes into.

use std::sync::Arc;
use std::time::Duration;

use esse_encoder::{Block, EventId};
use esse_server::log::{AppendError, Log};
use esse_server::{Hub, HubBuilder};

use crate::chain::{Chain, Event, THIRDS};

/// A third of a mainnet slot of 12 seconds.
const THIRD: Duration = Duration::from_secs(4);
/// About how many entries the log in Redis keeps.
#[cfg(feature = "redis")]
const LOG_ENTRIES: u64 = 20_000;

/// What is kept for clients that come back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

pub(crate) struct Node {
    pub(crate) hub: Hub,
    log: Arc<dyn Log>,
    /// Whether the log gives the IDs.
    log_gives_ids: bool,
}

impl Node {
    /// A node that keeps its events in its own memory.
    pub(crate) fn alone(keep: Keep) -> Self {
        let hub = hub(keep).build();
        Self {
            log: Arc::new(hub.clone()),
            hub,
            log_gives_ids: false,
        }
    }

    /// One of several nodes over the log in this Redis. A client can move between them.
    #[cfg(feature = "redis")]
    pub(crate) fn over_redis(url: &str, keep: Keep) -> Result<Self, String> {
        let client = redis::Client::open(url).map_err(|error| error.to_string())?;
        let log = esse_server::redis::RedisLog::new(client, "beacon").keep_about(LOG_ENTRIES);
        let hub = hub(keep).history(Arc::new(log.clone())).build();
        tokio::spawn(log.feed(&hub));
        Ok(Self {
            hub,
            log: Arc::new(log),
            log_gives_ids: true,
        })
    }

    #[cfg(not(feature = "redis"))]
    pub(crate) fn over_redis(_: &str, _: Keep) -> Result<Self, String> {
        Err("--redis needs the feature `redis`: add it to --features".to_owned())
    }

    /// Publishes the chain, at mainnet's rhythm times `speed`, until the hub is closed.
    pub(crate) async fn follow(&self, mut chain: Chain, speed: f64) {
        let mut clock = tokio::time::interval(THIRD.div_f64(speed));
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for events in THIRDS.into_iter().cycle() {
            clock.tick().await;
            for event in events(&mut chain) {
                match self.append(event).await {
                    Ok(()) => {}
                    Err(AppendError::Refused(_)) => return,
                    Err(error) => eprintln!("beacon: {error}"),
                }
            }
        }
    }

    async fn append(&self, event: Event) -> Result<(), AppendError> {
        let mut block = Block::event(event.data).event_type(event.topic);
        if !self.log_gives_ids {
            block = block.id(EventId::new(event.id).map_err(|e| AppendError::Log(e.into()))?);
        }
        self.log.append(block.into()).await
    }
}

fn hub(keep: Keep) -> HubBuilder {
    Hub::builder()
        .keep_events(keep.events)
        .keep_bytes(keep.bytes)
}
