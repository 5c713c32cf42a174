//! One node: the hub of its clients, and the log that several nodes may share.

use std::sync::Arc;
use std::time::Duration;

use esse_encoder::Block;
use esse_server::log::{AppendError, Log};
use esse_server::{Hub, HubBuilder, IdCounter};
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval};

use crate::chain::{Chain, Due, Third};
use crate::topics::LARGE;

/// A third of a mainnet slot of 12 seconds.
const THIRD: Duration = Duration::from_secs(4);
/// How many events are published at once. A subscriber gets them in one write.
const BATCH: usize = 256;
/// About how many entries the log in Redis keeps: three slots of mainnet.
#[cfg(feature = "redis")]
const LOG_ENTRIES: u64 = 100_000;

pub(crate) struct Node {
    pub(crate) hub: Hub,
    /// The log of all nodes, which feeds the hub and gives the IDs.
    shared: Option<Arc<dyn Log>>,
    /// The IDs of a node that is alone. Roots would not do, because several events have the same.
    ids: IdCounter,
}

impl Node {
    /// A node that keeps its events in its own memory.
    pub(crate) fn alone(hub: HubBuilder) -> Self {
        Self::new(hub, None)
    }

    /// One of several nodes over the log in this Redis. A client can move between them.
    #[cfg(feature = "redis")]
    pub(crate) fn over_redis(url: &str, hub: HubBuilder) -> Result<Self, String> {
        let client = redis::Client::open(url).map_err(|error| error.to_string())?;
        let log = esse_server::redis::RedisLog::new(client, "beacon").keep_about(LOG_ENTRIES);
        let shared = Arc::new(log.clone());
        let node = Self::new(hub.history(shared.clone()), Some(shared));
        tokio::spawn(log.feed(&node.hub));
        Ok(node)
    }

    #[cfg(not(feature = "redis"))]
    pub(crate) fn over_redis(_: &str, _: HubBuilder) -> Result<Self, String> {
        Err("--redis needs the feature `redis`: add it to --features".to_owned())
    }

    fn new(hub: HubBuilder, shared: Option<Arc<dyn Log>>) -> Self {
        Self {
            hub: hub.build(),
            shared,
            ids: IdCounter::new(),
        }
    }

    /// Publishes the chain, at mainnet's rhythm times `speed`, until the hub is closed.
    pub(crate) async fn follow(&self, mut chain: Chain, speed: f64) {
        let mut clock = interval(THIRD.div_f64(speed));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for third in Third::ALL.into_iter().cycle() {
            clock.tick().await;
            let mut due = chain.due(third);
            due.retain(|due| self.wants(due));
            for batch in due.chunks(BATCH) {
                let blocks = batch.iter().map(|due| chain.block(due));
                match self.publish(blocks).await {
                    Ok(()) => {}
                    Err(AppendError::Refused(_)) => return,
                    Err(error) => eprintln!("beacon: {error}"),
                }
                yield_now().await;
            }
        }
    }

    /// Large payloads are made only for clients that want them. Clients of other nodes are unknown
    /// here.
    fn wants(&self, due: &Due) -> bool {
        let topic = due.row.name;
        !LARGE.contains(&topic) || self.shared.is_some() || self.hub.wants(topic)
    }

    async fn publish(
        &self,
        blocks: impl Iterator<Item = Block<'static>>,
    ) -> Result<(), AppendError> {
        if let Some(log) = &self.shared {
            return log.append_all(blocks.map(Into::into).collect()).await;
        }
        let blocks = blocks.map(|block| block.id(self.ids.next_id()));
        self.hub.publish_all(blocks).map_err(AppendError::Refused)
    }
}
