//! How long to wait before the next attempt (9.2.3, "reestablish the connection").
//!
//! The standard lets a client wait longer than the reconnection time, and never shorter. So jitter
//! only adds: at most a fifth after a clean end, and up to as much again after a failure, when a
//! crowd may have been cut off together.

use core::time::Duration;

use crate::policy::Settings;

/// The wait, without and with jitter.
pub(crate) fn wait(
    policy: &Settings,
    reconnection_time: Duration,
    failures: u32,
    retry_after: Option<Duration>,
    random: &mut fastrand::Rng,
) -> Duration {
    let retry_after = retry_after.unwrap_or_default().min(policy.most_retry_after);
    let wait = reconnection_time
        .max(policy.least_wait)
        .max(backoff(policy, failures))
        .max(retry_after);
    let most = if failures == 0 && retry_after.is_zero() {
        wait / 5
    } else {
        wait
    };
    wait.saturating_add(jitter(most, random))
}

/// Doubles with each failure in a row.
pub(crate) fn backoff(policy: &Settings, failures: u32) -> Duration {
    let (first, most) = policy.backoff;
    match failures.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => {
            let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
            first.saturating_mul(factor).min(most)
        }
    }
}

/// A span up to `most`. Beyond centuries there is no more jitter.
fn jitter(most: Duration, random: &mut fastrand::Rng) -> Duration {
    let most = u64::try_from(most.as_nanos()).unwrap_or(0);
    Duration::from_nanos(random.u64(0..=most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    const SECOND: Duration = Duration::from_secs(1);

    /// The shortest and the longest of many waits.
    fn bounds(
        failures: u32,
        reconnection_time: Duration,
        retry_after: Option<Duration>,
    ) -> [u128; 2] {
        let mut random = fastrand::Rng::with_seed(7);
        let policy = Policy::standard().0;
        let waits = (0..10_000).map(|_| {
            let wait = wait(
                &policy,
                reconnection_time,
                failures,
                retry_after,
                &mut random,
            );
            wait.as_millis()
        });
        let (mut least, mut most) = (u128::MAX, 0);
        for wait in waits {
            (least, most) = (least.min(wait), most.max(wait));
        }
        [least, most]
    }

    fn assert_between(bounds: [u128; 2], least: u128, most: u128) {
        assert!(
            bounds[0] >= least && bounds[0] <= least + least / 50,
            "{bounds:?}"
        );
        assert!(
            bounds[1] <= most && bounds[1] >= most - most / 50,
            "{bounds:?}"
        );
    }

    #[test]
    fn jitter_only_adds() {
        assert_between(bounds(0, 3 * SECOND, None), 3000, 3600);
        assert_between(bounds(1, 3 * SECOND, None), 3000, 6000);
        assert_between(bounds(0, 3 * SECOND, Some(5 * SECOND)), 5000, 10_000);
    }

    #[test]
    fn failures_double_the_wait_up_to_a_minute() {
        assert_between(bounds(1, Duration::ZERO, None), 1000, 2000);
        assert_between(bounds(4, Duration::ZERO, None), 8000, 16_000);
        for failures in [7, 32, 33, 64, u32::MAX] {
            assert_between(bounds(failures, Duration::ZERO, None), 60_000, 120_000);
        }
    }

    #[test]
    fn a_server_cannot_make_it_loop_or_wait_for_ever() {
        assert_between(bounds(0, Duration::ZERO, None), 100, 120);
        assert_between(
            bounds(0, Duration::ZERO, Some(Duration::MAX)),
            120_000,
            240_000,
        );
        // 9.2.6 sets no bound for `retry`, so this one is obeyed.
        let mut random = fastrand::Rng::with_seed(7);
        let longest = wait(&Policy::standard().0, Duration::MAX, 3, None, &mut random);
        assert_eq!(longest, Duration::MAX);
    }
}
