//! The example `beacon` as its clients see it.
#![cfg(all(unix, feature = "axum"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use support::client::{Events, connect, get, request, send, text};
use support::program::Example;

const TOPICS: [&str; 11] = [
    "head",
    "block",
    "attestation",
    "voluntary_exit",
    "bls_to_execution_change",
    "finalized_checkpoint",
    "chain_reorg",
    "contribution_and_proof",
    "light_client_finality_update",
    "light_client_optimistic_update",
    "payload_attributes",
];

fn start() -> Example {
    let args = [
        "--port", "0", "--speed", "600", "--seed", "7", "--large", "64",
    ];
    Example::start("beacon", &args)
}

#[tokio::test]
async fn every_topic_has_json_and_an_id_of_its_own() {
    let beacon = start();
    let path = format!("/eth/v1/events?topics={}", TOPICS.join(","));
    let mut events = Events::of(get(beacon.address, &path).await);
    let mut largest: HashMap<String, usize> = HashMap::new();
    let mut ids = HashSet::new();
    while largest.len() < TOPICS.len() {
        let event = events.next().await.unwrap();
        let payload: Value = serde_json::from_str(&event.data).unwrap();
        assert!(payload.is_object());
        assert!(event.last_event_id.starts_with("0x"));
        assert!(ids.insert(event.last_event_id));
        let size = largest.entry(event.event_type.into_owned()).or_default();
        *size = event.data.len().max(*size);
    }
    assert!(TOPICS.iter().all(|topic| largest.contains_key(*topic)));
    assert!(largest["block"] < 200);
    assert!(largest["payload_attributes"] > 16 * 1024);
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
    ] {
        let response = get(beacon.address, &format!("/eth/v1/events{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let error: Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(error["code"], 400);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("topic"), "{error}");
    }
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
async fn a_client_from_another_chain_is_told_so() {
    let beacon = start();
    let mut events = resume(&beacon, "/eth/v1/events?topics=block", "0xabc").await;
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
