//! The life of the feed.

use std::time::Duration;

use esse_server::{GapCause, Hub};

use crate::common::{or_return, soon};
use crate::support::{GAP, KEY, Node, Redis, close_if_behind, go_on};

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
    // Something may have been added between its subscription and the beginning of the feed.
    assert_eq!(client.next().await.unwrap().data, GAP);
    assert_eq!(client.next().await.unwrap().data, "1");
    assert_eq!(resumed.next().await.unwrap().data, "1");
    assert_eq!(node.gaps(), [GapCause::BeforeFeed]);
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
    assert_eq!(client.next().await.unwrap().data, GAP);
    assert_eq!(client.next().await.unwrap().data, "1");
    assert_eq!(node.gaps(), [GapCause::BeforeFeed]);
}

/// What was added after a subscriber had its response, and before the feed began, is not lost
/// silently.
#[tokio::test]
async fn a_subscriber_that_is_early_learns_that_it_may_have_missed_something() {
    let redis = or_return!(Redis::start().await);
    // Only the feed sends this command.
    redis.run::<()>("ACL SETUSER default -xinfo").await;
    let node = Node::start(&redis.log());
    let mut early = node.connect(None);
    assert_eq!(early.now(), None);
    for number in 0..5 {
        redis.add(&number.to_string()).await;
    }
    redis.run::<()>("ACL SETUSER default +xinfo").await;
    redis.feeds(1).await;
    redis.add("5").await;
    assert_eq!(early.next().await.unwrap().data, GAP);
    assert_eq!(early.next().await.unwrap().data, "5");
    assert_eq!(node.hub.metrics().gaps.before_feed, 1);
}

/// The hub has the newest entries before it serves, so the clients of a process that was restarted
/// cost no command each.
#[tokio::test]
async fn clients_that_come_back_after_a_restart_are_answered_from_memory() {
    let redis = or_return!(Redis::start().await);
    let mut ids = Vec::new();
    for number in 0..100 {
        ids.push(redis.add(&number.to_string()).await);
    }
    let node = Node::start_with(1000, &redis.log(), go_on);
    redis.feeds(1).await;
    let fresh = node.connect(None);
    let mut back: Vec<_> = (0..500)
        .map(|client| node.connect(Some(&ids[client % 90])))
        .collect();
    let before = redis.calls_of("xrange").await;
    for (client, stream) in back.iter_mut().enumerate() {
        let expected = (client % 90 + 1).to_string();
        assert_eq!(stream.next().await.unwrap().data, expected);
    }
    assert_eq!(redis.calls_of("xrange").await, before);
    assert_eq!(node.gaps(), []);
    drop(fresh);
}

/// Clients that come back with the same old IDs, all at once, wait for the same pages.
#[tokio::test]
async fn ten_thousand_clients_that_come_back_share_the_pages() {
    const CLIENTS: usize = 10_000;
    const ENTRIES: usize = 100;
    let redis = or_return!(Redis::start().await);
    let mut old = vec![redis.add("0").await];
    for number in 1..=ENTRIES {
        old.push(redis.add(&number.to_string()).await);
    }
    let node = Node::start_with(1000, &redis.log().warm_up(0), go_on);
    redis.feeds(1).await;
    let before = redis.calls_of("xrange").await;
    let clients = (0..CLIENTS).map(|client| (client % 20, node.connect(Some(&old[client % 20]))));
    let read = clients.map(|(seen, mut client)| async move {
        for number in seen + 1..=ENTRIES {
            assert_eq!(client.next().await.unwrap().data, number.to_string());
        }
    });
    futures_util::future::join_all(read).await;
    let commands = redis.calls_of("xrange").await - before;
    assert!(commands <= 200, "{commands} commands for {CLIENTS} clients");
}

/// Of large entries a page has fewer, so that a client that gets a replay does not hold dozens.
#[tokio::test]
async fn a_page_of_large_entries_is_small() {
    let redis = or_return!(Redis::start().await);
    let old = redis.add("0").await;
    for _ in 0..100 {
        redis.add(&"x".repeat(100_000)).await;
    }
    let node = Node::start_with(1000, &redis.log().warm_up(0), go_on);
    redis.feeds(1).await;
    let mut client = node.connect(Some(&old));
    let before = redis.calls_of("xrange").await;
    for _ in 0..100 {
        assert_eq!(client.next().await.unwrap().data.len(), 100_000);
    }
    let pages = redis.calls_of("xrange").await - before;
    assert!((9..=12).contains(&pages), "{pages}");
}

/// Of entries of 3 MiB, two are within 8 MiB. The newest shows how large they are, so Redis is not
/// asked for 64 at once.
#[tokio::test]
async fn a_hub_gets_few_large_entries_before_its_feed_begins() {
    let redis = or_return!(Redis::start().await);
    for _ in 0..5 {
        redis.add(&"x".repeat(3 << 20)).await;
    }
    let node = Node::start_with(1000, &redis.log(), go_on);
    redis.feeds(1).await;
    assert_eq!(node.hub.metrics().kept, 2);
    let pages = redis.calls_of("xrevrange").await;
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_hub_gets_at_least_the_newest_entry() {
    let redis = or_return!(Redis::start().await);
    for _ in 0..2 {
        redis.add(&"x".repeat(9 << 20)).await;
    }
    let node = Node::start_with(1000, &redis.log(), go_on);
    redis.feeds(1).await;
    assert_eq!(node.hub.metrics().kept, 1);
}

#[tokio::test]
async fn the_feed_reads_few_large_entries_at_once() {
    const ENTRIES: usize = 8;
    let redis = or_return!(Redis::start().await);
    let large = "x".repeat(1 << 20);
    redis.add(&large).await;
    let node = Node::start_with(1000, &redis.log(), go_on);
    redis.feeds(1).await;
    let mut client = node.connect(None);
    let before = redis.calls_of("xread").await;
    let adds: Vec<_> = (0..ENTRIES)
        .map(|_| format!("XADD {KEY} * data {large}"))
        .collect();
    redis.run_as_one(&adds).await;
    assert_eq!(client.take(ENTRIES).await.len(), ENTRIES);
    let reads = redis.calls_of("xread").await - before;
    assert!(reads >= ENTRIES as u64, "{reads}");
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
