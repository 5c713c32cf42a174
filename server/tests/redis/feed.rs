//! The life of the feed.

use std::time::Duration;

use esse_server::Hub;

use crate::common::{or_return, soon};
use crate::support::{KEY, Node, Redis, close_if_behind};

#[tokio::test]
async fn ends_with_the_hub() {
    let redis = or_return!(Redis::start().await);
    let close = |hub: Hub| hub.close();
    let drain = |hub: Hub| hub.drain();
    for end in [close, drain, drop] {
        let node = Node::start(&redis.log());
        redis.feeds(1).await;
        let mut client = node.connect(None);
        end(node.hub);
        soon(node.feed).await.unwrap();
        assert_eq!(client.next().await, None);
        redis.feeds(0).await;
    }
}

#[tokio::test]
async fn ends_with_the_hub_while_redis_is_away() {
    let mut redis = or_return!(Redis::start().await);
    redis.kill();
    let node = Node::start(&redis.log());
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(node.hub);
    soon(node.feed).await.unwrap();
}

#[tokio::test]
async fn begins_once_redis_is_there() {
    let mut redis = or_return!(Redis::start().await);
    let old = redis.add("0").await;
    redis.kill();
    let node = Node::start(&redis.log());
    let mut client = node.connect(None);
    let mut resumed = node.connect(Some(&old));
    assert_eq!(resumed.now(), None);
    redis.start_again().await;
    redis.feeds(1).await;
    redis.add("1").await;
    assert_eq!(client.next().await.unwrap().data, "1");
    assert_eq!(resumed.next().await.unwrap().data, "1");
    assert_eq!(node.gaps(), []);
}

/// The feed does not publish what was added before it began. A client that has read the log to its
/// end must ask the log again.
#[tokio::test]
async fn who_waits_is_told_where_it_begins() {
    let redis = or_return!(Redis::start().await);
    let old = redis.add("0").await;
    // Only the feed sends this command.
    redis.run::<()>("ACL SETUSER default -xinfo").await;
    let node = Node::start(&redis.log());
    let mut client = node.connect(Some(&old));
    let next = tokio::spawn(async move { client.next().await });
    redis.has_run("xrange").await;
    redis.add("1").await;
    redis.run::<()>("ACL SETUSER default +xinfo").await;
    redis.feeds(1).await;
    assert_eq!(next.await.unwrap().unwrap().data, "1");
}

#[tokio::test]
async fn who_has_the_newest_needs_no_replay() {
    let redis = or_return!(Redis::start().await);
    let newest = redis.add("0").await;
    let node = Node::start(&redis.log());
    redis.feeds(1).await;
    let mut client = node.connect(Some(&newest));
    assert_eq!(client.now(), None);
    redis.add("1").await;
    assert_eq!(client.next().await.unwrap().data, "1");
    assert_eq!(node.hub.metrics().replayed, 0);
}

/// Redis answers with nothing when the time of the command is over.
#[tokio::test]
async fn reads_on_where_nothing_came() {
    let redis = or_return!(Redis::start().await);
    let node = Node::start(&redis.log());
    redis.feeds(1).await;
    let connections = redis.connections_of("xread").await;
    let mut client = node.connect(None);
    redis.has_run("xrevrange").await;
    redis.feeds(1).await;
    assert_eq!(redis.connections_of("xread").await, connections);
    redis.add("1").await;
    assert_eq!(client.next().await.unwrap().data, "1");
    assert_eq!(node.gaps(), []);
}

#[tokio::test]
async fn key_that_is_no_stream_is_waited_for() {
    let redis = or_return!(Redis::start().await);
    redis.run::<()>(&format!("SET {KEY} x")).await;
    let node = Node::start(&redis.log());
    let mut client = node.connect(None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    redis.run::<u64>(&format!("DEL {KEY}")).await;
    redis.feeds(1).await;
    redis.add("1").await;
    assert_eq!(client.next().await.unwrap().data, "1");
    assert_eq!(node.gaps(), []);
}

#[tokio::test]
async fn burst_comes_whole_and_in_order() {
    let redis = or_return!(Redis::start().await);
    let node = Node::start_with(1000, &redis.log().page_size(7), close_if_behind);
    redis.feeds(1).await;
    let mut client = node.connect(None);
    let adds: Vec<_> = (0..500).map(|n| format!("XADD {KEY} * data {n}")).collect();
    redis.run_as_one(&adds).await;
    for n in 0..500 {
        assert_eq!(client.next().await.unwrap().data, n.to_string());
    }
    let pages = redis.calls_of("xrevrange").await;
    assert!(pages >= 500_u64.div_ceil(7), "{pages}");
}
