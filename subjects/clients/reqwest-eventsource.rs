//! Driver of the crate reqwest-eventsource.

use std::env::{args, var};
use std::time::Duration;

use esse_subjects::say;
use futures_util::StreamExt;
use reqwest_eventsource::retry::Constant;
use reqwest_eventsource::{Event, EventSource, ReadyState};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut source = EventSource::get(args().nth(1).unwrap());
    let milliseconds = |name| Some(Duration::from_millis(var(name).ok()?.parse().ok()?));
    if let Some(time) = milliseconds("SSE_RETRY_MS") {
        source.set_retry_policy(Box::new(Constant::new(time, None)));
    }
    let never = Duration::from_secs(3600);
    let close = Instant::now() + milliseconds("SSE_CLOSE_AFTER_MS").unwrap_or(never);
    loop {
        let next = tokio::select! {
            next = source.next() => next,
            () = sleep_until(close) => {
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
