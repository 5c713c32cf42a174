//! The client in a browser, against a server of another origin. `scripts/wasm` runs it.
#![cfg(all(feature = "wasm", target_family = "wasm", target_os = "unknown"))]
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use esse_client::{Closed, EventSource, WebTimer};
use futures_util::TryStreamExt;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn source(path: &str) -> EventSource<reqwest::Client, WebTimer> {
    let server = env!("SSE_SERVER");
    let request = http::Request::get(format!("{server}{path}"));
    let request = request.body(Bytes::new()).unwrap();
    EventSource::with_timer(reqwest::Client::new(), WebTimer::new(), request)
}

#[wasm_bindgen_test]
async fn it_resumes_after_the_last_event() {
    let events = source("/events").events().map_ok(|event| event.data);
    let data: Vec<_> = events.try_collect().await.unwrap();
    assert_eq!(data, ["a", "b after 1"]);
}

#[wasm_bindgen_test]
async fn an_event_comes_before_the_response_ends() {
    let mut events = source("/endless").events();
    let first = events.try_next().await.unwrap().unwrap();
    assert_eq!(first.data, "a");
    events.get_ref().handle().close();
    assert!(events.try_next().await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn a_refusal_has_its_body() {
    let mut source = source("/refusal");
    assert!(source.try_next().await.is_err());
    let Some(Closed::Refused { answer, .. }) = source.closed() else {
        panic!("{:?}", source.closed());
    };
    assert_eq!((answer.status, answer.body.as_slice()), (404, &b"no"[..]));
}
