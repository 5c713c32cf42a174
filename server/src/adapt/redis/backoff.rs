//! Pauses between attempts to reach Redis.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use redis::RedisError;

use super::trace;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Each pause is about twice as long as the one before.
pub(super) struct Backoff(ExponentialBackoff);

impl Backoff {
    pub(super) fn new() -> Self {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(FIRST)
            .with_max_delay(LONGEST)
            .with_jitter()
            .without_max_times();
        Self(backoff.build())
    }

    pub(super) async fn pause(&mut self, after: &RedisError) {
        trace::out_of_reach(after);
        tokio::time::sleep(self.0.next().unwrap_or(LONGEST)).await;
    }
}
