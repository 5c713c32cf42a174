//! Driver of the crate sse-reqwest-client.

use std::env::args;

use esse_subjects::client::{milliseconds, request, sleep_until_close, start};
use esse_subjects::say;
use futures_util::StreamExt;
use serde_json::json;
use sse_reqwest_client::{RequestBuilderExt, SseEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    start(
        "sse-reqwest-client",
        &["retryMs", "closeAfterMs", "method", "headers"],
    );
    let mut builder = request(&args().nth(1).unwrap()).into_event_source_builder();
    if let Some(time) = milliseconds("SSE_RETRY_MS") {
        builder = builder.initial_reconnection_time(time);
    }
    let mut stream = builder.build();
    let close = sleep_until_close();
    tokio::pin!(close);
    loop {
        let next = tokio::select! {
            next = stream.next() => next,
            () = &mut close => None,
        };
        match next {
            Some(Ok(SseEvent::Open)) => say(&json!({ "open": true })),
            Some(Ok(SseEvent::Message(event))) => {
                let id = event.last_event_id.as_deref().unwrap_or_default();
                say(&json!({ "type": &*event.event, "data": &*event.data, "lastEventId": id }));
            }
            Some(Ok(SseEvent::Error(error))) => say(&json!({ "error": error.to_string() })),
            Some(Ok(SseEvent::Discarded(error))) => say(&json!({ "told": error.to_string() })),
            Some(Err(error)) => say(&json!({ "told": error.to_string() })),
            None => break,
        }
    }
    drop(stream);
    say(&json!({ "closed": true }));
    std::future::pending().await
}
