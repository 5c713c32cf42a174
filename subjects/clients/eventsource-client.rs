//! Driver of the crate eventsource-client, with the options that it has by default.

use std::env::args;

use esse_subjects::client::{milliseconds, sleep_until_close, start};
use esse_subjects::say;
use eventsource_client::{Client, ClientBuilder, ReconnectOptions, SSE};
use futures_util::{FutureExt, StreamExt};
use launchdarkly_sdk_transport::HyperTransport;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    start("eventsource-client", &["retryMs", "closeAfterMs"]);
    let mut options = ReconnectOptions::reconnect(true);
    if let Some(time) = milliseconds("SSE_RETRY_MS") {
        options = options.delay(time);
    }
    let client = ClientBuilder::for_url(&args().nth(1).unwrap()).unwrap();
    let client = client.reconnect(options.build());
    let transport = HyperTransport::builder().build_http().unwrap();
    let mut stream = client.build_with_transport(transport).stream();
    let close = sleep_until_close();
    tokio::pin!(close);
    let mut peeked = None;
    loop {
        let next = match peeked.take() {
            Some(next) => next,
            None => tokio::select! {
                next = stream.next() => next,
                () = &mut close => None,
            },
        };
        match next {
            Some(Ok(SSE::Connected(_))) => say(&json!({ "open": true })),
            Some(Ok(SSE::Comment(comment))) => say(&json!({ "comment": comment })),
            Some(Ok(SSE::Event(event))) => {
                let id = event.id.unwrap_or_default();
                say(&json!({ "type": event.event_type, "data": event.data, "lastEventId": id }));
            }
            // Only the end of the stream shows that an error was the last.
            Some(Err(error)) => {
                peeked = stream.next().now_or_never();
                let is_last = matches!(peeked, Some(None));
                let name = if is_last { "told" } else { "error" };
                say(&json!({ name: error.to_string() }));
            }
            None => break,
        }
    }
    drop(stream);
    say(&json!({ "closed": true }));
    std::future::pending().await
}
