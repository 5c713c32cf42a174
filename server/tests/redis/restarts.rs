//! Redis goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use esse_encoder::Block;
use esse_server::GapCause;
use esse_server::log::{AppendError, Log};
use esse_server::redis::RedisLog;
use futures_util::future::join_all;
use redis::Value;
use tokio::task::JoinHandle;

use crate::common::{or_return, soon, until};
use crate::support::{GAP, KEY, Node, Redis, Stored, asking_until, data, go_on, pages_are_old};

/// Publishes one number after another. It is not known of all of them whether they were kept.
struct Publisher {
    stop: Arc<AtomicBool>,
    /// The numbers that were certainly kept.
    task: JoinHandle<Vec<u64>>,
}

impl Publisher {
    fn start(log: RedisLog) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(publish(log, Arc::clone(&stop)));
        Self { stop, task }
    }

    async fn stop(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        soon(self.task).await.unwrap()
    }
}

async fn publish(log: RedisLog, stop: Arc<AtomicBool>) -> Vec<u64> {
    let mut kept = Vec::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        match log.append(Block::event(number.to_string()).into()).await {
            Ok(()) => kept.push(number),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    kept
}

async fn has_published(node: &Node, more: u64) {
    let goal = node.hub.metrics().published + more;
    until(|| node.hub.metrics().published >= goal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_kept_is_lost_or_doubled() {
    let mut redis = or_return!(Redis::start().await);
    let nodes = [16, 100_000].map(|keep| Node::start_with(keep, &redis.log(), go_on));
    redis.feeds(2).await;
    let mut live = nodes[1].connect(None);
    let first = redis.add("0").await;
    let publisher = Publisher::start(redis.log());
    for _ in 0..3 {
        has_published(&nodes[0], 100).await;
        pages_are_old().await;
        redis.kill();
        // The client gets no replay until Redis is back.
        let mut waiting = nodes[0].connect(Some(&first));
        assert_eq!(waiting.now(), None);
        redis.start_again().await;
        assert_eq!(data(&waiting.take(2).await), ["1", "2"]);
    }
    has_published(&nodes[0], 100).await;
    let kept = publisher.stop().await;
    redis.add("end").await;

    let stored: Vec<_> = redis.stored().await.into_iter().map(Stored::seen).collect();
    let mut numbers = stored
        .iter()
        .filter_map(|seen| seen.data.parse::<u64>().ok());
    for number in kept {
        assert!(numbers.any(|stored| stored == number), "{number} is lost");
    }
    assert_eq!(live.until("end").await, stored);
    let replayed = nodes[0].connect(Some(&first)).until("end").await;
    assert_eq!(replayed, stored[1..]);
    assert!(nodes.iter().all(|node| node.gaps().is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ring_is_served_while_redis_is_away() {
    let mut redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.add("1").await;
    redis.add("2").await;
    let seen = live.take(2).await;
    redis.kill();
    let mut resumed = node.connect(Some(&seen[0].id));
    assert_eq!(resumed.now().unwrap().data, "2");
    redis.start_again().await;
    redis.add("3").await;
    assert_eq!(resumed.next().await.unwrap().data, "3");
    assert_eq!(live.next().await.unwrap().data, "3");
    assert_eq!(node.gaps(), []);
}

#[tokio::test]
async fn connection_lost_while_nothing_comes_is_no_gap() {
    let redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.add("1").await;
    assert_eq!(live.next().await.unwrap().data, "1");
    // Redis answers, but not when asked how far the stream goes.
    redis.run::<()>("ACL SETUSER default -xinfo").await;
    redis.run::<u64>("CLIENT KILL TYPE normal").await;
    asking_until(async || !redis.run::<Vec<Value>>("ACL LOG").await.is_empty()).await;
    redis.run::<()>("ACL SETUSER default +xinfo").await;
    redis.feeds(1).await;
    redis.add("2").await;
    assert_eq!(live.next().await.unwrap().data, "2");
    assert_eq!(node.gaps(), []);
}

/// Redis closes connections that are idle for longer than its `timeout`.
#[tokio::test]
async fn what_is_appended_after_an_idle_time_is_kept_once() {
    let redis = or_return!(Redis::start().await);
    let log = redis.log();
    for number in 0..3 {
        log.append(Block::event("x").into()).await.unwrap();
        redis.run::<u64>("CLIENT KILL TYPE normal").await;
        asking_until(async || redis.connections_of("xadd").await.is_empty()).await;
        // So that the end of the connection was seen here too.
        redis.run::<()>("PING").await;
        let more = vec![Block::event("y").into(), Block::event("z").into()];
        log.append_all(more).await.unwrap();
        assert_eq!(redis.stored().await.len(), 3 * (number + 1));
    }
}

/// Accepts connections, keeps them, and does nothing else.
#[tokio::test]
async fn redis_that_hangs_is_out_of_reach() {
    let redis = or_return!(Redis::start().await);
    let logs = [redis.log(), redis.log()];
    logs[0].append(Block::event("0").into()).await.unwrap();
    redis.hang();
    let appends = logs.iter().map(|log| log.append(Block::event("1").into()));
    for appended in soon(join_all(appends)).await {
        assert!(matches!(appended, Err(AppendError::Log(_))));
    }
    redis.go_on();
    for log in logs {
        log.append(Block::event("2").into()).await.unwrap();
    }
}

/// Its clock may also go back, so that new entries have lower IDs than lost ones.
#[tokio::test(flavor = "multi_thread")]
async fn feed_goes_back_with_a_stream_that_lost_its_end() {
    let mut redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    let ahead = format!("XADD {KEY} 99999999999999-1 data 1");
    redis.run::<String>(&ahead).await;
    assert_eq!(data(&live.take(1).await), ["1"]);
    redis.kill();
    redis.start_afresh().await;
    redis.feeds(1).await;
    redis.add("a").await;
    redis.add("b").await;
    assert_eq!(data(&live.take(3).await), [GAP, "a", "b"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind]);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_lost_all_is_a_gap() {
    let mut redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.add("1").await;
    redis.add("2").await;
    let seen = live.take(2).await;
    redis.kill();
    redis.start_afresh().await;
    redis.add("a").await;
    assert_eq!(data(&live.until("a").await), [GAP, "a"]);
    redis.add("b").await;
    assert_eq!(data(&live.take(1).await), ["b"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind]);

    let mut resumed = node.connect(Some(&seen[1].id));
    assert_eq!(data(&resumed.take(3).await), [GAP, "a", "b"]);
}
