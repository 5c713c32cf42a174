//! The example `beacon` as its clients see it.
#![cfg(all(unix, feature = "axum"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::collections::{HashMap, HashSet};

use http_body_util::BodyExt;
use serde_json::Value;
use support::client::{Events, connect, get, request, send};
use support::program::Example;
use support::soon;

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
        assert!(
            serde_json::from_str::<Value>(&event.data)
                .unwrap()
                .is_object()
        );
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
        assert_eq!(
            types,
            HashSet::from(["head", "block"].map(str::to_owned)),
            "{query}"
        );
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
        let body = soon(response.into_body().collect())
            .await
            .unwrap()
            .to_bytes();
        let error: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(error["code"], 400);
        assert!(
            error["message"].as_str().unwrap().contains("topic"),
            "{error}"
        );
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
    let mut request = request(path);
    let id = first.last_event_id.parse().unwrap();
    request.headers_mut().insert("last-event-id", id);
    let mut events = Events::of(send(connect(beacon.address).await, request).await);
    assert_eq!(events.next().await.unwrap(), second);
}

#[tokio::test]
async fn a_client_from_another_chain_is_told_so() {
    let beacon = start();
    let mut request = request("/eth/v1/events?topics=block");
    request
        .headers_mut()
        .insert("last-event-id", "0xabc".parse().unwrap());
    let mut events = Events::of(send(connect(beacon.address).await, request).await);
    let notice = events.next().await.unwrap();
    assert_eq!(notice.event_type, "missed");
    assert_eq!(
        notice.data,
        r#"{"cause":"unknown_id","last_event_id":"0xabc"}"#
    );
    assert_eq!(events.next().await.unwrap().event_type, "block");
}

#[tokio::test]
async fn metrics_are_counted() {
    let beacon = start();
    let _events = Events::of(get(beacon.address, "/eth/v1/events?topics=head").await);
    let response = get(beacon.address, "/metrics").await;
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let body = soon(response.into_body().collect())
        .await
        .unwrap()
        .to_bytes();
    let text = String::from_utf8(body.into()).unwrap();
    assert!(
        text.contains("# TYPE esse_opened_total counter\nesse_opened_total 1\n"),
        "{text}"
    );
    assert!(text.contains("\nesse_open 1\n"), "{text}");
}
