//! Pauses between attempts to reach Redis.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use redis::RedisError;

use crate::trace;

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

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::time::Instant;

    use super::*;

    /// The clock moves only while every task waits for it.
    async fn pauses() -> Vec<Duration> {
        let error = RedisError::from(io::Error::other("gone"));
        let (mut backoff, mut pauses) = (Backoff::new(), Vec::new());
        for _ in 0..20 {
            let begin = Instant::now();
            backoff.pause(&error).await;
            pauses.push(begin.elapsed());
        }
        pauses
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_up_to_the_longest() {
        for (number, pause) in (0..).zip(pauses().await) {
            let least = (FIRST * 2_u32.pow(number)).min(LONGEST);
            let most = 2 * least + Duration::from_millis(1);
            assert!((least..=most).contains(&pause), "{number}: {pause:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn not_all_come_back_at_once() {
        assert_ne!(pauses().await, pauses().await);
    }
}
