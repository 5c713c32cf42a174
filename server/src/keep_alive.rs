//! Comments where nothing else is sent, so that nothing in between takes a stream for dead.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::hub::{Hub, Shared};
use crate::state::{BEATS_OF_SILENCE, State};

/// How long a stream may be silent where nothing else is said.
///
/// The standard advises about so much (9.2.7), since proxies and NATs drop silent connections.
///
/// ```
/// assert_eq!(esse_server::KEEP_ALIVE_INTERVAL.as_secs(), 15);
/// ```
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

impl Hub {
    /// Has each subscriber send a comment before it was silent for `interval`: one task and one
    /// timer for all of them. Spawn the future; it ends with the hub.
    ///
    /// The comment goes out after at least two thirds of the interval. It is also what makes the
    /// server see that a receiver has gone. `sleep` is the timer: `tokio::time::sleep`, or any
    /// like it.
    ///
    /// ```
    /// use esse_server::{Hub, KEEP_ALIVE_INTERVAL};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let hub = Hub::new();
    /// tokio::spawn(hub.keep_alive(KEEP_ALIVE_INTERVAL, tokio::time::sleep));
    /// # });
    /// ```
    pub fn keep_alive<S, T>(
        &self,
        interval: Duration,
        sleep: T,
    ) -> impl Future<Output = ()> + use<S, T>
    where
        T: Fn(Duration) -> S,
        S: Future<Output = ()>,
    {
        beat(Arc::downgrade(self.shared()), interval, sleep)
    }
}

async fn beat<S: Future<Output = ()>>(
    hub: Weak<Shared>,
    interval: Duration,
    sleep: impl Fn(Duration) -> S,
) {
    // Three beats without anything sent are at least two thirds of the interval and at most all.
    let beats = u32::try_from(BEATS_OF_SILENCE).unwrap_or(1);
    loop {
        sleep(interval / beats).await;
        let Some(shared) = hub.upgrade() else { return };
        shared.change(State::beat);
    }
}
