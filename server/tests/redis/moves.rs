//! A client that moves from one node to another.

use std::time::Duration;

use esse_encoder::Block;
use esse_server::GapCause;
use esse_server::log::Log;
use esse_server::redis::RedisLog;

use crate::common::or_return;
use crate::support::{Node, Random, Redis, Stored, close_if_behind};

const EVENTS: usize = 300;

async fn publish(log: RedisLog, name: &str, mut random: Random) {
    for n in 0..EVENTS {
        let block = Block::event(format!("{name}{n}"));
        log.append(block.into()).await.unwrap();
        if random.below(8) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_that_moves_mid_stream_loses_nothing() {
    let redis = or_return!(Redis::start().await);
    let logs = [redis.log().page_size(5), redis.log()];
    let nodes = logs
        .each_ref()
        .map(|log| Node::start_with(8, log, close_if_behind));
    redis.feeds(2).await;

    let mut client = nodes[0].connect(None);
    let [one, two] = logs.clone();
    tokio::spawn(publish(one, "a", Random::new(1)));
    tokio::spawn(publish(two, "b", Random::new(2)));

    let mut random = Random::new(3);
    let mut seen = client.take(1).await;
    while seen.len() < 2 * EVENTS {
        let most = random.below(12).min(2 * EVENTS - seen.len());
        seen.extend(client.read(most).await);
        let last = seen.last().map(|event| event.id.as_str());
        client = nodes[random.below(nodes.len())].connect(last);
    }
    let stored = redis.stored().await.into_iter().map(Stored::seen);
    assert_eq!(seen, stored.collect::<Vec<_>>());
    assert_eq!(client.now(), None);
    // A client may be slower than the ring of its node. Then it is disconnected and comes back.
    let gaps = nodes.iter().flat_map(Node::gaps);
    assert!(gaps.into_iter().all(|cause| cause == GapCause::FellBehind));
    let replayed = nodes.iter().map(|node| node.hub.metrics().replayed);
    assert!(replayed.sum::<u64>() > 0);
}
