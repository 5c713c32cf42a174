//! Driver of the crate sseer. As its example shows, a response that is wrong is the end.

use std::env::args;

use esse_subjects::client::{milliseconds, request, sleep_until_close, start};
use esse_subjects::say;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use sseer::EventSource;
use sseer::reqwest::StreamEvent;
use sseer::retry::{DEFAULT_RETRY, ExponentialBackoff};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    start("sseer", &["retryMs", "closeAfterMs", "method", "headers"]);
    let start = milliseconds("SSE_RETRY_MS").unwrap_or(DEFAULT_RETRY.start);
    let policy = ExponentialBackoff {
        start,
        ..DEFAULT_RETRY
    };
    let mut source = EventSource::new_with_retry(request(&args().nth(1).unwrap()), policy).unwrap();
    let close = sleep_until_close();
    tokio::pin!(close);
    let mut peeked = None;
    loop {
        let next = match peeked.take() {
            Some(next) => next,
            None => tokio::select! {
                next = source.next() => next,
                () = &mut close => None,
            },
        };
        match next {
            Some(Ok(StreamEvent::Open)) => say(&json!({ "open": true })),
            Some(Ok(StreamEvent::Event(event))) => {
                say(
                    &json!({ "type": &*event.event, "data": &*event.data, "lastEventId": &*event.id }),
                );
            }
            Some(Err(error)) if error.is_response_err() => {
                say(&json!({ "told": error.to_string() }));
                break;
            }
            // Only the end of the stream shows that an error was the last.
            Some(Err(error)) => {
                peeked = source.next().now_or_never();
                let is_last = matches!(peeked, Some(None));
                let name = if is_last { "told" } else { "error" };
                say(&json!({ name: error.to_string() }));
            }
            None => break,
        }
    }
    drop(source);
    say(&json!({ "closed": true }));
    std::future::pending().await
}
