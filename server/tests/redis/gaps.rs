//! The stream is trimmed: clients that missed something get a gap, and others do not.

use std::time::Duration;

use esse_encoder::Block;
use esse_server::{Gap, GapCause, Recovery};

use crate::common::or_return;
use crate::support::{
    GAP, KEY, Meddler, Node, Random, Redis, close_if_behind, data, pages_are_old,
};

fn add(number: usize) -> String {
    format!("XADD {KEY} * data {number}")
}

fn trim_to(length: usize) -> String {
    format!("XTRIM {KEY} MAXLEN {length}")
}

#[tokio::test]
async fn trimmed_under_a_slow_client() {
    let redis = or_return!(Redis::start().await);
    let node = Node::start_with(8, &redis.log(), close_if_behind);
    redis.feeds(1).await;
    let mut slow = node.connect(None);
    let mut quick = node.connect(None);
    redis.add("0").await;
    let last = slow.next().await.unwrap().id;
    assert_eq!(quick.next().await.unwrap().data, "0");
    for number in 1..=20 {
        redis.add(&number.to_string()).await;
        assert_eq!(quick.next().await.unwrap().data, number.to_string());
    }
    assert_eq!(slow.next().await, None);

    // As long as Redis has what the client missed, the client comes back without a gap.
    let mut back = node.connect(Some(&last));
    assert_eq!(back.next().await.unwrap().data, "1");
    assert_eq!(node.gaps(), [GapCause::FellBehind]);

    pages_are_old().await;
    redis.run::<u64>(&trim_to(10)).await;
    let mut back = node.connect(Some(&last));
    let seen = back.until("20").await;
    assert_eq!(data(&seen)[..2], [GAP, "11"]);
    assert_eq!(seen.len(), 11);
    assert_eq!(node.gaps(), [GapCause::FellBehind, GapCause::TooOld]);
    assert_eq!(node.hub.metrics().gaps.too_old, 1);
    redis.add("21").await;
    assert_eq!(back.next().await.unwrap().data, "21");
}

#[tokio::test]
async fn trimmed_in_the_middle_of_a_replay() {
    let redis = or_return!(Redis::start().await);
    let first = redis.add("0").await;
    for number in 1..=20 {
        redis.add(&number.to_string()).await;
    }
    let node = Node::start(&redis.log().page_size(2));
    let mut client = node.connect(Some(&first));
    assert_eq!(data(&client.take(3).await), ["1", "2", "3"]);
    redis.run::<u64>(&trim_to(5)).await;
    let seen = client.until("20").await;
    assert_eq!(data(&seen), ["4", GAP, "16", "17", "18", "19", "20"]);
    assert_eq!(node.gaps(), [GapCause::TooOld]);
}

#[tokio::test]
async fn unknown_id() {
    let redis = or_return!(Redis::start().await);
    redis.add("1").await;
    let node = Node::start(&redis.log());
    redis.feeds(1).await;
    for id in ["nonsense", "18446744073709551615-1", "1-1"] {
        let mut client = node.connect(Some(id));
        assert_eq!(data(&client.take(2).await), [GAP, "1"]);
    }
    assert_eq!(node.gaps(), [GapCause::UnknownId; 3]);
}

/// It is like a new client: what the stream had before does not come, and what was added before the
/// feed began is a gap of its own.
#[tokio::test]
async fn unknown_id_before_the_feed() {
    let redis = or_return!(Redis::start().await);
    redis.run_as_one(&[add(1), add(2)]).await;
    let newest = |_: &Gap| Recovery::newest().with(&Block::event(GAP));
    let node = Node::start_with(8, &redis.log(), newest);
    let mut client = node.connect(Some("nonsense"));
    assert_eq!(client.now().unwrap().data, GAP, "the feed has not begun");
    redis.feeds(1).await;
    redis.add("3").await;
    assert_eq!(data(&client.take(2).await), [GAP, "3"]);
    assert_eq!(node.gaps(), [GapCause::UnknownId, GapCause::BeforeFeed]);
}

#[tokio::test]
async fn trimmed_beyond_what_the_node_has_read() {
    let redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    let before = redis.add("0").await;
    assert_eq!(live.next().await.unwrap().data, "0");

    let adds = (1..=20).map(add);
    let commands: Vec<_> = adds.chain([trim_to(3)]).collect();
    redis.run_as_one(&commands).await;
    assert_eq!(data(&live.take(4).await), [GAP, "18", "19", "20"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind]);

    let mut resumed = node.connect(Some(&before));
    assert_eq!(data(&resumed.take(4).await), [GAP, "18", "19", "20"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind, GapCause::TooOld]);
}

#[tokio::test]
async fn trimming_what_was_read_is_no_gap() {
    let redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.run::<String>(&add(0)).await;
    let last = live.next().await.unwrap().id;
    // Trimmed while nothing is added, as by age.
    redis.run::<u64>(&trim_to(0)).await;
    redis.run::<String>(&add(1)).await;
    assert_eq!(live.next().await.unwrap().data, "1");
    // Exactly up to where the node is.
    redis.run_as_one(&[add(2), add(3), trim_to(2)]).await;
    assert_eq!(data(&live.take(2).await), ["2", "3"]);
    // Deleted on purpose.
    redis
        .run_as_one(&[add(4), add(5), format!("XDEL {KEY} {last}")])
        .await;
    assert_eq!(data(&live.take(2).await), ["4", "5"]);
    assert_eq!(node.gaps(), []);
}

#[tokio::test]
async fn deleting_what_was_read_is_no_gap() {
    let redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.run_as_one(&[add(0), add(1)]).await;
    let last = live.take(2).await.pop().unwrap().id;
    redis.run::<u64>(&format!("XDEL {KEY} {last}")).await;
    redis.run::<String>(&add(2)).await;
    assert_eq!(data(&live.take(1).await), ["2"]);
    let mut back = node.connect(Some(&last));
    assert_eq!(data(&back.take(1).await), ["2"]);
    assert_eq!(node.gaps(), []);
}

/// As after a crash of Redis, if another process appends before this one is back.
#[tokio::test]
async fn stream_that_lost_its_end_and_went_on_is_a_gap() {
    let redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.run_as_one(&[add(0), add(1)]).await;
    let seen = live.take(2).await;
    // IDs begin with the time, and are lower only within a millisecond.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let again = format!("XADD {KEY} {} data 0", seen[0].id);
    let crash = [format!("DEL {KEY}"), again, add(2), add(3)];
    redis.run_as_one(&crash).await;
    assert_eq!(data(&live.take(3).await), [GAP, "2", "3"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind]);
    // The count is right again.
    redis.run_as_one(&[add(4), add(5), trim_to(2)]).await;
    assert_eq!(data(&live.take(2).await), ["4", "5"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind]);
}

#[tokio::test]
async fn client_with_an_id_that_a_crash_lost_gets_a_gap() {
    let redis = or_return!(Redis::start().await);
    redis.run_as_one(&[add(0), add(1)]).await;
    let stored = redis.stored().await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let again = format!("XADD {KEY} {} data 0", stored[0].id);
    let crash = [format!("DEL {KEY}"), again, add(2)];
    redis.run_as_one(&crash).await;
    let node = Node::start(&redis.log());
    let mut client = node.connect(Some(&stored[1].id));
    assert_eq!(data(&client.take(3).await), [GAP, "0", "2"]);
    assert_eq!(node.gaps(), [GapCause::UnknownId]);
}

#[tokio::test]
async fn key_that_was_replaced_is_a_gap() {
    let redis = or_return!(Redis::start().await);
    let (node, mut live) = Node::live(&redis).await;
    redis.run_as_one(&[add(0), add(1)]).await;
    assert_eq!(data(&live.take(2).await), ["0", "1"]);
    // IDs begin with the time, and are lower only within a millisecond.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let delete = format!("DEL {KEY}");
    redis.run_as_one(&[delete, add(2), add(3), add(4)]).await;
    assert_eq!(data(&live.take(4).await), [GAP, "2", "3", "4"]);
    // The count starts again there.
    redis.run_as_one(&[add(5), trim_to(1)]).await;
    assert_eq!(data(&live.take(1).await), ["5"]);
    assert_eq!(node.gaps(), [GapCause::FellBehind]);
}

/// While the feed finds out whether something is missing, more is added, and what it read is
/// trimmed.
#[tokio::test]
async fn trimmed_between_two_questions_of_the_node() {
    let redis = or_return!(Redis::start().await);
    let meddler = Meddler::new(redis);
    let redis = meddler.redis();
    let node = Node::start(&meddler.log().await.page_size(2));
    redis.feeds(1).await;
    let mut live = node.connect(None);
    redis.run_as_one(&[add(0), add(1)]).await;
    assert_eq!(data(&live.take(2).await), ["0", "1"]);

    // Trims some of what it read.
    redis.run::<u64>(&trim_to(0)).await;
    meddler.before_the_next(&[add(4), trim_to(2)]);
    redis.run_as_one(&[add(2), add(3)]).await;
    assert_eq!(data(&live.take(3).await), ["2", "3", "4"]);
    // Trims all of it.
    redis.run::<u64>(&trim_to(0)).await;
    meddler.before_the_next(&[trim_to(0)]);
    redis.run_as_one(&[add(5), add(6)]).await;
    assert_eq!(data(&live.take(2).await), ["5", "6"]);
    assert_eq!(node.gaps(), []);
    // Trims more: a client that has the last of it misses something too.
    meddler.before_the_next(&[add(9), add(10), trim_to(1)]);
    redis.run_as_one(&[add(7), add(8)]).await;
    assert_eq!(data(&live.take(5).await), [GAP, "7", "8", GAP, "10"]);
    redis.run_as_one(&[add(11)]).await;
    assert_eq!(data(&live.take(1).await), ["11"]);
}

/// Adds a few entries and trims a few in one transaction, again and again. There is a gap exactly
/// when an entry was trimmed that the node had not read.
#[tokio::test]
async fn gaps_are_those_of_the_model() {
    let redis = or_return!(Redis::start().await);
    let node = Node::start(&redis.log().page_size(3));
    redis.feeds(1).await;
    let mut live = node.connect(None);
    let mut random = Random::new(11);
    let (mut number, mut length, mut unread) = (0, 0, 0);
    for _ in 0..150 {
        let (added, kept) = (1 + random.below(6), random.below(8));
        let adds = (number..number + added).map(add);
        let commands: Vec<_> = adds.chain([trim_to(kept)]).collect();
        redis.run_as_one(&commands).await;
        number += added;
        length = kept.min(length + added);
        unread += added;
        if length == 0 {
            continue;
        }
        let rest = length.min(unread);
        let numbers = (number - rest..number).map(|number| number.to_string());
        let gap = (rest < unread).then(|| GAP.to_owned());
        let expected: Vec<_> = gap.into_iter().chain(numbers).collect();
        let seen = live.take(expected.len()).await;
        assert_eq!(data(&seen), expected);
        unread = 0;
    }
    assert_eq!(live.now(), None);
}
