//! The example `beacon` as its clients see it.
#![cfg(all(unix, feature = "axum", feature = "serve"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

#[path = "beacon/shapes.rs"]
mod shapes;
mod support;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};
use shapes::Shapes;
use support::client::{Events, connect, get, request, send, text};
use support::program::Example;

fn start() -> Example {
    start_with(&["--speed", "600", "--seed", "7", "--large", "64"])
}

fn start_with(args: &[&str]) -> Example {
    Example::start("beacon", &[&["--port", "0"], args].concat())
}

async fn events(beacon: &Example, topics: &str) -> Events {
    let path = format!("/eth/v1/events?topics={topics}");
    Events::of(get(beacon.address, &path).await)
}

#[tokio::test]
async fn every_topic_has_the_shape_of_the_specification_and_ids_of_their_own() {
    let shapes = Shapes::of_the_specification();
    let topics: Vec<_> = shapes.topics().collect();
    assert_eq!(topics.len(), 24);
    let beacon = start();
    let mut events = events(&beacon, &topics.join(",")).await;
    let mut largest: HashMap<String, usize> = HashMap::new();
    let (mut ids, mut starts) = (HashSet::new(), HashSet::new());
    while largest.len() < topics.len() {
        let event = events.next().await.unwrap();
        let payload: Value = serde_json::from_str(&event.data).unwrap();
        let checked = shapes.check(&event.event_type, &payload);
        assert_eq!(checked, Ok(()), "{}", event.data);
        // The time at which the node began, and a number.
        let (start, number) = event.last_event_id.split_once('-').unwrap();
        starts.insert(start.parse::<u64>().unwrap());
        assert!(ids.insert(number.parse::<u64>().unwrap()));
        let size = largest.entry(event.event_type.into_owned()).or_default();
        *size = event.data.len().max(*size);
    }
    assert_eq!(starts.len(), 1);
    assert!(largest["block"] < 200);
    for large in ["payload_attributes", "attester_slashing"] {
        assert!(largest[large] > 16 * 1024, "{large}");
    }
}

#[test]
fn a_payload_of_another_shape_is_found() {
    let shapes = Shapes::of_the_specification();
    let root = format!("0x{}", "ab".repeat(32));
    let block = |slot: Value, block: &str| json!({ "slot": slot, "block": block });
    let right = block("7".into(), &root);
    assert_eq!(shapes.check("block_gossip", &right), Ok(()));
    let more = json!({ "slot": "7", "block": root, "more": true });
    let attesters = |indices: Value| {
        let checkpoint = json!({ "epoch": "1", "root": root });
        let data = json!({
            "slot": "7", "index": "0", "beacon_block_root": root,
            "source": checkpoint, "target": checkpoint,
        });
        let signature = format!("0x{}", "ab".repeat(96));
        let one = json!({ "attesting_indices": indices, "data": data, "signature": signature });
        json!({ "attestation_1": one, "attestation_2": one })
    };
    assert_eq!(
        shapes.check("attester_slashing", &attesters(json!(["1"]))),
        Ok(())
    );
    for (topic, wrong) in [
        ("block", right),
        ("block_gossip", more),
        ("block_gossip", json!([])),
        ("block_gossip", block(7.into(), &root)),
        ("block_gossip", block("07".into(), &root)),
        ("block_gossip", block("-7".into(), &root)),
        ("block_gossip", block("7".into(), &root[2..])),
        ("block_gossip", block("7".into(), &root[..64])),
        ("block_gossip", block("7".into(), &root.replace('a', "g"))),
        ("attester_slashing", attesters(json!([1]))),
        ("attester_slashing", attesters(json!("1"))),
        ("heads", json!({})),
    ] {
        assert!(shapes.check(topic, &wrong).is_err(), "{topic} {wrong}");
    }
}

#[tokio::test]
async fn a_head_comes_again_when_its_payload_has_arrived() {
    let beacon = start();
    let mut events = events(&beacon, "head_v2").await;
    let mut heads: HashMap<String, Vec<String>> = HashMap::new();
    for _ in 0..9 {
        let payload: Value = serde_json::from_str(&events.data().await).unwrap();
        let member = |name: &str| payload["data"][name].as_str().unwrap().to_owned();
        let statuses = heads.entry(member("block")).or_default();
        statuses.push(member("payload_status"));
    }
    // The first and the last may be incomplete.
    let twice = heads.values().filter(|statuses| statuses.len() == 2);
    let twice: Vec<_> = twice.collect();
    assert!(twice.len() >= 4, "{heads:?}");
    assert!(twice.iter().all(|statuses| **statuses == ["empty", "full"]));
}

#[tokio::test]
async fn a_slot_of_mainnet_has_30000_attestations() {
    // However slowly this client reads, it must not fall behind what is kept.
    let keep = ["--keep-events", "1000000", "--keep-mib", "4096"];
    let beacon = start_with(&[&["--mainnet", "--speed", "12"], &keep[..]].concat());
    let mut events = events(&beacon, "single_attestation").await;
    let mut slots: Vec<(String, usize)> = Vec::new();
    while slots.len() < 3 {
        let payload: Value = serde_json::from_str(&events.data().await).unwrap();
        let slot = payload["data"]["slot"].as_str().unwrap();
        match slots.last_mut() {
            Some((last, count)) if last == slot => *count += 1,
            _ => slots.push((slot.to_owned(), 1)),
        }
    }
    // The client may have come in the midst of the first one.
    assert_eq!(slots[1].1, 30_000);
}

#[tokio::test]
async fn large_payloads_are_made_only_for_those_who_want_them() {
    let beacon = start_with(&["--speed", "600", "--attestations", "1", "--large", "4096"]);
    let mut blocks = events(&beacon, "block").await;
    for _ in 0..3 {
        blocks.next().await.unwrap();
    }
    let kept = metric(&beacon, "esse_kept_bytes").await;
    assert!(kept < 1024 * 1024, "{kept}");
    let mut large = events(&beacon, "payload_attributes").await;
    assert!(large.data().await.len() > 512 * 1024);
    assert!(metric(&beacon, "esse_kept_bytes").await > 512 * 1024);
}

async fn metric(beacon: &Example, name: &str) -> u64 {
    let text = text(get(beacon.address, "/metrics").await).await;
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let (_, value) = lines.find(|(label, _)| *label == name).unwrap();
    value.parse().unwrap()
}

#[tokio::test]
async fn topics_are_lists_or_come_several_times() {
    let beacon = start();
    for query in ["topics=head,block", "topics=head&topics=block"] {
        let path = format!("/eth/v1/events?{query}");
        let mut events = Events::of(get(beacon.address, &path).await);
        let mut types = HashSet::new();
        for _ in 0..10 {
            types.insert(events.next().await.unwrap().event_type.into_owned());
        }
        let expected = HashSet::from(["head", "block"].map(str::to_owned));
        assert_eq!(types, expected, "{query}");
    }
}

#[tokio::test]
async fn topics_that_are_unknown_or_missing_are_refused() {
    let beacon = start();
    for query in [
        "",
        "?topics=",
        "?topics=head,heads",
        "?topic=head",
        "?topics=head&topics=Block",
        "?topics=blob_sidecar",
    ] {
        let response = get(beacon.address, &format!("/eth/v1/events{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let error: Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(error.as_object().unwrap().len(), 2, "{error}");
        assert_eq!(error["code"], 400);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("topic"), "{error}");
        // The message names the topics that there are.
        let (_, allowed) = message.split_once("use one or more of ").unwrap();
        let allowed: BTreeSet<_> = allowed.split(", ").collect();
        assert_eq!(allowed, Shapes::of_the_specification().topics().collect());
    }
}

#[tokio::test]
async fn the_page_has_every_topic_and_marks_the_deprecated_one() {
    let beacon = start();
    let page = text(get(beacon.address, "/").await).await;
    let topics = page.split_once("const TOPICS = \"").unwrap().1;
    let (topics, _) = topics.split_once('"').unwrap();
    let topics: BTreeSet<_> = topics.split(',').collect();
    assert_eq!(topics, Shapes::of_the_specification().topics().collect());
    assert!(!page.contains("{{"), "a placeholder is left");
    assert!(page.contains(r#"const DEPRECATED = new Map([["head", "head_v2"]]);"#));
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_where_it_was() {
    let beacon = start();
    let path = "/eth/v1/events?topics=block";
    let mut events = Events::of(get(beacon.address, path).await);
    let first = events.next().await.unwrap();
    let second = events.next().await.unwrap();
    drop(events);
    let mut events = resume(&beacon, path, &first.last_event_id).await;
    assert_eq!(events.next().await.unwrap(), second);
}

#[tokio::test]
async fn a_client_of_an_earlier_node_learns_that_it_missed_events() {
    let beacon = start();
    let mut events = resume(&beacon, "/eth/v1/events?topics=block", "1700000000000-7").await;
    let notice = events.next().await.unwrap();
    assert_eq!(notice.event_type, "missed");
    let expected = r#"{"cause":"unknown_id","missed":0,"exact":false,"topics":[]}"#;
    assert_eq!(notice.data, expected);
    assert_eq!(events.next().await.unwrap().event_type, "block");
}

async fn resume(beacon: &Example, path: &str, last_event_id: &str) -> Events {
    let mut request = request(path);
    let id = last_event_id.parse().unwrap();
    request.headers_mut().insert("last-event-id", id);
    Events::of(send(connect(beacon.address).await, request).await)
}

#[tokio::test]
async fn metrics_are_counted() {
    let beacon = start();
    let _events = Events::of(get(beacon.address, "/eth/v1/events?topics=head").await);
    let response = get(beacon.address, "/metrics").await;
    let content_type = response.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("application/openmetrics-text"));
    let text = text(response).await;
    assert!(text.contains("\nesse_opened_total 1\n"), "{text}");
    assert!(text.contains("\nesse_subscribers 1\n"), "{text}");
}
