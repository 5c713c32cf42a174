//! What the log accepts, and how it reads entries.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use esse_encoder::{Block, EventId, EventType, FieldName};
use esse_server::log::{AppendError, Log, Page};
use esse_server::redis::RedisLog;
use esse_server::{GapCause, Record};
use futures_util::stream;

use crate::common::or_return;
use crate::support::{KEY, Node, Redis, Seen, data, pages_are_old};

async fn records(log: &RedisLog, id: Option<&str>) -> Vec<Arc<Record>> {
    match log.after(id.map(|id| id.parse().unwrap())).await {
        Page::Records(records) => records,
        Page::Gap(cause) => panic!("{cause:?} after {id:?}"),
    }
}

async fn gap(log: &RedisLog, id: &str) -> Option<GapCause> {
    match log.after(Some(id.parse().unwrap())).await {
        Page::Records(_) => None,
        Page::Gap(cause) => Some(cause),
    }
}

#[tokio::test]
async fn entries_are_readable_in_redis() {
    let redis = or_return!(Redis::start().await);
    let block = Block::event("two\r\nlines").event_type(EventType::from_static("head"));
    let record = Record::new(&block).for_audience("me");
    redis.log().append(record).await.unwrap();
    redis.log().append(Block::event("").into()).await.unwrap();

    let stored = redis.stored().await;
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[0].event, "head");
    assert_eq!(stored[0].data, "two\nlines");
    assert_eq!(stored[0].audience.as_deref(), Some("me"));
    let entries: Vec<(String, Vec<String>)> = redis.run(&format!("XRANGE {KEY} - +")).await;
    assert_eq!(entries[1].1, ["data", ""]);
}

#[tokio::test]
async fn record_is_what_was_appended() {
    let redis = or_return!(Redis::start().await);
    let log = redis.log();
    let large = "x".repeat(1 << 20);
    let head = EventType::from_static("head");
    let appended = [
        Block::event("a\nb\rc").event_type(head.clone()),
        Block::event(large).event_type(head),
        Block::event("ü\0 "),
        Block::event("").event_type(EventType::from_static("")),
    ];
    for block in appended.clone() {
        let record = Record::new(&block).for_audience("me");
        log.append(record).await.unwrap();
    }
    let records = records(&log, None).await;
    assert_eq!(records.len(), 4);
    for (record, block) in records.iter().zip(appended) {
        let id = record.id().unwrap().clone();
        let expected = Record::new(&block.id(id));
        assert_eq!(record.frame().to_bytes(), expected.frame().to_bytes());
        assert_eq!(record.topics(), expected.topics());
        assert_eq!(record.audience(), Some("me"));
    }
    assert!(records[1].frame().segments().len() > 1, "not copied");
}

#[tokio::test]
async fn several_records_take_no_round_trip_each() {
    const RECORDS: usize = 1000;
    let redis = or_return!(Redis::start().await);
    let log = redis.log();
    let record = |n: usize| Record::new(&Block::event(n.to_string()));
    log.append(record(0)).await.unwrap();
    let before = redis.reads().await;
    log.append_all((1..=RECORDS).map(record).collect())
        .await
        .unwrap();
    // Redis reads up to 16 KiB at once.
    let reads = redis.reads().await - before;
    assert!(reads < RECORDS / 20, "{reads} reads");
    let stored = redis.stored().await;
    let expected = (0..=RECORDS).map(|n| n.to_string());
    assert!(stored.into_iter().map(|entry| entry.data).eq(expected));
}

#[tokio::test]
async fn what_an_entry_cannot_hold_is_refused() {
    // Nothing listens there, so the record is refused before Redis is asked.
    let log = RedisLog::new(redis::Client::open("redis://127.0.0.1:1").unwrap(), KEY);
    let field = Block::event("x").field(FieldName::from_static("trace"), "1");
    let source = || stream::iter([Ok::<_, Infallible>(Bytes::from("x"))]);
    let blocks = [
        (Block::event("x").id(EventId::from(1)), "an ID"),
        (
            Block::event("x").retry(Duration::from_millis(1)),
            "a reconnection time",
        ),
        (Block::event("x").comment("c"), "a comment"),
        (field.unwrap(), "a field \"trace\""),
        (Block::new(), "no data"),
    ];
    let unfit = blocks.map(|(block, why)| (Record::from(block), why));
    let from_source = (Record::from_source(Block::new(), source), "a source");
    let latest = Record::new(&Block::event("x")).latest_of("price");
    let others = [from_source, (latest, "latest_of")];
    for (record, why) in unfit.into_iter().chain(others) {
        let error = log.append(record).await.unwrap_err();
        assert!(matches!(error, AppendError::Unfit(_)), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = log.append(Block::event("x").into()).await.unwrap_err();
    assert!(matches!(error, AppendError::Log(_)), "{error}");
}

/// Otherwise all who want the event type would get it.
#[tokio::test]
async fn a_record_for_one_user_is_refused() {
    let log = RedisLog::new(redis::Client::open("redis://127.0.0.1:1").unwrap(), KEY);
    let note = Block::event("x").event_type(EventType::from_static("note"));
    let untyped = Block::event("x");
    let no_topic: [&str; 0] = [];
    let records = [
        Record::new(&note).with_topics(["user ada"]),
        Record::new(&note).with_topics(["note", "user ada"]),
        Record::new(&note).with_topics(no_topic),
        Record::new(&note).with_topics(["message"]),
        Record::new(&untyped).with_topics(["user ada"]),
    ];
    for record in records {
        let error = log.append(record).await.unwrap_err();
        assert!(matches!(error, AppendError::Unfit(_)), "{error}");
        assert!(error.to_string().contains("topic"), "{error}");
    }
    let its_own = [
        Record::new(&note).with_topics(["note"]),
        Record::new(&untyped).with_topics(["message"]),
    ];
    for record in its_own {
        let error = log.append(record).await.unwrap_err();
        assert!(matches!(error, AppendError::Log(_)), "{error}");
    }
}

#[tokio::test]
async fn of_several_records_none_is_kept_if_one_is_unfit() {
    let redis = or_return!(Redis::start().await);
    let log = redis.log();
    let good = || Record::from(Block::event("x"));
    let unfit = Block::event("x").id(EventId::from(1));
    let appended = log.append_all(vec![good(), unfit.into(), good()]);
    let error = appended.await.unwrap_err().to_string();
    assert!(error.contains("record 2 of 3"), "{error}");
    assert_eq!(redis.stored().await, []);
}

#[tokio::test]
async fn what_redis_refuses_is_not_tried_again_nor_on_another_connection() {
    let redis = or_return!(Redis::start().await);
    let create = format!("XGROUP CREATE {KEY} of-nobody $ MKSTREAM");
    // No ID is left.
    let end = format!("XSETID {KEY} {0}-{0}", u64::MAX);
    redis.run_as_one(&[create, end]).await;
    let log = redis.log();
    let append = || log.append(Block::event("x").into());
    append().await.unwrap_err();
    assert_eq!(redis.calls_of("xadd").await, 1);
    let connections = redis.connections_of("xadd").await;
    assert_eq!(connections.len(), 1);
    append().await.unwrap_err();
    assert_eq!(redis.connections_of("xadd").await, connections);
}

/// As if the database were wrong: an `ACL` that is corrected later.
#[tokio::test]
async fn a_connection_that_redis_refused_is_made_again() {
    let redis = or_return!(Redis::start().await);
    redis
        .run::<()>("ACL SETUSER ada on nopass ~* +@all -select")
        .await;
    let url = format!("redis://ada:x@{}/1", redis.address());
    let log = RedisLog::new(redis::Client::open(url).unwrap(), KEY);
    let append = || log.append(Block::event("x").into());
    for _ in 0..2 {
        let error = append().await.unwrap_err();
        assert!(matches!(error, AppendError::Log(_)), "{error}");
    }
    redis.run::<()>("ACL SETUSER ada +select").await;
    append().await.unwrap();
    assert_eq!(records(&log, None).await.len(), 1);
}

#[tokio::test]
async fn entries_of_others_are_events_or_left_out() {
    let redis = or_return!(Redis::start().await);
    let (_node, mut live) = Node::live(&redis).await;

    let mut connection = redis.connect().await;
    let mut add = async |fields: &[&[u8]]| -> String {
        let mut add = redis::cmd("XADD");
        add.arg(KEY).arg("*").arg(fields);
        add.query_async(&mut connection).await.unwrap()
    };
    let first = add(&[b"data", b"1", b"colour", b"red", b"\xFF", b"\xFF"]).await;
    add(&[b"event", b"no data"]).await;
    add(&[b"data", b"not UTF-8 \xFF"]).await;
    add(&[b"data", b"x", b"event", b"not UTF-8 \xFF"]).await;
    add(&[b"data", b"x", b"event", b"two\nlines"]).await;
    add(&[b"data", b"x", b"audience", b"not UTF-8 \xFF"]).await;
    let last = add(&[b"data", b"2", b"event", b"head"]).await;
    add(&[b"nothing", b""]).await;

    let seen = live.take(2).await;
    let head = Seen {
        id: last.clone(),
        event: "head".to_owned(),
        data: "2".to_owned(),
    };
    assert_eq!(seen[0].data, "1");
    assert_eq!(seen[1], head);

    // The pages are so small that some hold no event.
    let log = redis.log().page_size(1);
    assert_eq!(records(&log, Some(&first)).await.len(), 1);
    assert!(records(&log, Some(&last)).await.is_empty());
    let mut replayed = Node::start(&log).connect(Some(&first));
    assert_eq!(replayed.next().await, Some(head));
    let end = redis.add("3").await;
    assert_eq!(replayed.next().await.unwrap().id, end);
    assert_eq!(live.next().await.unwrap().id, end);
}

#[tokio::test]
async fn of_a_field_that_comes_twice_the_last_counts() {
    let redis = or_return!(Redis::start().await);
    let fields = "event a data b audience c event head data 1 audience me";
    let add = format!("XADD {KEY} 1-1 {fields}");
    redis.run::<String>(&add).await;
    let records = records(&redis.log(), None).await;
    let frame = records[0].frame().to_bytes();
    assert_eq!(frame, "event: head\ndata: 1\nid: 1-1\n\n");
    assert_eq!(records[0].audience(), Some("me"));
}

#[tokio::test]
async fn only_useless_entries_at_the_start_do_not_end_the_log() {
    let redis = or_return!(Redis::start().await);
    for _ in 0..3 {
        let add = format!("XADD {KEY} * nothing x");
        redis.run::<String>(&add).await;
    }
    let id = redis.add("1").await;
    // Means 1.
    let page = records(&redis.log().page_size(0), None).await;
    assert_eq!(page[0].id().unwrap().as_str(), id);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let redis = or_return!(Redis::start().await);
    let log = redis.log().page_size(3);
    assert!(records(&log, None).await.is_empty());
    for n in 0..8 {
        redis.add(&n.to_string()).await;
    }
    let (mut sizes, mut ids) = (Vec::new(), Vec::new());
    loop {
        let page = records(&log, ids.last().map(String::as_str)).await;
        sizes.push(page.len());
        ids.extend(page.iter().map(|record| record.id().unwrap().to_string()));
        if page.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [3, 3, 2, 0]);
    let stored = redis.stored().await;
    assert!(stored.iter().map(|stored| &stored.id).eq(&ids));
}

#[tokio::test]
async fn unknown_and_old_ids() {
    let redis = or_return!(Redis::start().await);
    let log = redis.log();
    let unknown = Some(GapCause::UnknownId);
    let gaps = async |ids: &[&str], cause, why| {
        for id in ids {
            assert_eq!(gap(&log, id).await, cause, "{id}: {why}");
        }
    };
    gaps(&["0-0"], None, "nothing was ever there").await;
    gaps(&["5-0"], unknown, "nothing was ever there").await;
    for n in [10, 20, 30, 40] {
        let add = format!("XADD {KEY} {n}-1 data {n}");
        redis.run::<String>(&add).await;
    }
    let made_up = [
        "x", "-", "20", "20-", "+20-1", "020-1", "20-1 ", "20-1-1", "$", "*",
    ];
    gaps(&made_up, unknown, "made up").await;
    let beyond = format!("{}-0", u128::from(u64::MAX) + 1);
    gaps(&[&beyond], unknown, "too large").await;
    gaps(&["40-2"], unknown, "newer than all").await;
    gaps(&["5-0"], unknown, "nothing was trimmed").await;
    gaps(&["20-0", "40-0"], unknown, "no entry had it").await;
    let known = ["0-0", "10-1", "40-1"];
    gaps(&known, None, "nothing was trimmed").await;

    pages_are_old().await;
    redis.run::<u64>(&format!("XTRIM {KEY} MAXLEN 2")).await;
    let old = ["0-0", "5-0", "10-1", "20-1", "30-0"];
    gaps(&old, Some(GapCause::TooOld), "trimmed").await;
    gaps(&["30-1"], None, "the oldest").await;
    assert_eq!(records(&log, None).await.len(), 2);

    redis.run::<u64>(&format!("XDEL {KEY} 30-1")).await;
    gaps(&["40-1"], None, "the newest").await;
    redis.run::<u64>(&format!("XTRIM {KEY} MAXLEN 0")).await;
    gaps(&["40-1"], None, "it was the newest").await;
    gaps(&["40-0"], Some(GapCause::TooOld), "trimmed").await;
    gaps(&["41-0"], unknown, "newer than all").await;
}

#[tokio::test]
async fn deleted_entry_is_no_gap() {
    let redis = or_return!(Redis::start().await);
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(redis.add(&n.to_string()).await);
    }
    let delete = format!("XDEL {KEY} {} {}", ids[1], ids[2]);
    redis.run::<u64>(&delete).await;
    for id in &ids[..3] {
        let after = records(&redis.log(), Some(id)).await;
        assert_eq!(after.len(), 1);
        assert_eq!(after[0].id().unwrap().as_str(), ids[3]);
    }
}

#[tokio::test]
async fn stream_is_kept_to_about_what_is_asked_for() {
    let redis = or_return!(Redis::start().await);
    let small = "CONFIG SET stream-node-max-entries 10";
    redis.run::<()>(small).await;
    let log = redis.log().keep_about(50);
    for n in 0..205 {
        let block = Block::event(n.to_string());
        log.append(block.into()).await.unwrap();
    }
    let kept = redis.stored().await.len();
    // Redis moves nothing to trim exactly.
    assert!((51..60).contains(&kept), "{kept}");
}

#[tokio::test]
async fn third_version_of_the_protocol_is_understood() {
    let redis = or_return!(Redis::start().await);
    let client = redis::Client::open(format!("{}?protocol=resp3", redis.url())).unwrap();
    let log = RedisLog::new(client, KEY);
    let first = redis.add("1").await;
    let node = Node::start(&log);
    redis.feeds(1).await;
    let mut live = node.connect(None);
    let mut replayed = node.connect(Some(&first));
    log.append(Block::event("2").into()).await.unwrap();
    log.append(Block::event("3").into()).await.unwrap();
    assert_eq!(data(&live.take(2).await), ["2", "3"]);
    assert_eq!(data(&replayed.take(2).await), ["2", "3"]);
    assert_eq!(gap(&log, "1-0").await, Some(GapCause::UnknownId));
    assert_eq!(gap(&log, &first).await, None);
}
