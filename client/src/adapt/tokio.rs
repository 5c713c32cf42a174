//! Feature `tokio`: the timers of tokio.

use core::time::Duration;

use ::tokio::time::{Instant, Sleep, sleep_until};

use super::transport::Timer;

/// The clock and the timers of tokio.
///
/// A wait belongs to the runtime in which it began. So do not poll a client in a second runtime after the
/// first has ended: while it waits, tokio panics. Make a new one there, with
/// [`resume`](super::EventSource::resume).
#[derive(Clone, Copy, Debug)]
pub struct TokioTimer {
    start: Instant,
}

impl TokioTimer {
    /// Returns a clock that begins now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for TokioTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer for TokioTimer {
    type Sleep = Sleep;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&self, until: Duration) -> Sleep {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

        let until = self.start.checked_add(until);
        // Far enough: tokio counts years.
        sleep_until(until.unwrap_or_else(|| Instant::now() + YEAR))
    }
}
