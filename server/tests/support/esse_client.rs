//! The client of this project, which comes back soon.

use std::time::Duration;

use esse_client::reqwest::same_origin;
use esse_client::{EventSource, Item, Policy, TokioTimer};
use futures_util::TryStreamExt;

use super::soon;

pub(crate) type Client = EventSource<reqwest::Client, TokioTimer>;

pub(crate) fn client(builder: reqwest::ClientBuilder, url: &str) -> Client {
    let client = builder.redirect(same_origin()).no_proxy().build().unwrap();
    let moment = Duration::from_millis(10);
    let policy = Policy::persistent()
        .reconnection_time(moment)
        .least_wait(moment)
        .backoff(moment, 5 * moment);
    EventSource::get(client, url).unwrap().policy(policy)
}

/// What the client says next. An error is the end of the test.
pub(crate) async fn next(client: &mut Client) -> Option<Item> {
    soon(client.try_next()).await.unwrap()
}

/// Reads events until there are so many, over as many connections as that takes.
pub(crate) async fn read_until(client: &mut Client, seen: &mut Vec<String>, count: usize) {
    while seen.len() < count {
        if let Item::Event(event) = next(client).await.expect("it goes on") {
            seen.push(event.data);
        }
    }
}
