//! What the tests share.

mod meddler;
mod node;
mod server;

use std::future::Future;
use std::time::Duration;

pub(crate) use esse_testkit::Random;
pub(crate) use meddler::Meddler;
pub(crate) use node::{Client, GAP, Node, Seen, close_if_behind, data, go_on};
pub(crate) use server::{KEY, Redis, Stored};

/// Ends a test that hangs.
pub(crate) async fn within_a_minute<T>(test: impl Future<Output = T>) -> T {
    let in_time = tokio::time::timeout(Duration::from_secs(60), test);
    in_time.await.expect("the test hangs")
}
