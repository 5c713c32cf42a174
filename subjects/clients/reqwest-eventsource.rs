//! Driver of the crate reqwest-eventsource.

use std::env::args;

use esse_subjects::client::{milliseconds, sleep_until_close, start};
use esse_subjects::say;
use futures_util::StreamExt;
use reqwest_eventsource::retry::Constant;
use reqwest_eventsource::{Event, EventSource, ReadyState};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    start("reqwest-eventsource", &["retryMs", "closeAfterMs"]);
    let mut source = EventSource::get(args().nth(1).unwrap());
    if let Some(time) = milliseconds("SSE_RETRY_MS") {
        source.set_retry_policy(Box::new(Constant::new(time, None)));
    }
    let close = sleep_until_close();
    tokio::pin!(close);
    loop {
        let next = tokio::select! {
            next = source.next() => next,
            () = &mut close => {
                source.close();
                None
            }
        };
        match next {
            Some(Ok(Event::Open)) => say(&json!({ "open": true })),
            Some(Ok(Event::Message(event))) => {
                say(&json!({ "type": event.event, "data": event.data, "lastEventId": event.id }));
            }
            Some(Err(error)) if source.ready_state() == ReadyState::Closed => {
                say(&json!({ "told": error.to_string() }));
            }
            Some(Err(error)) => say(&json!({ "error": error.to_string() })),
            None => break,
        }
    }
    drop(source);
    say(&json!({ "closed": true }));
    std::future::pending().await
}
