//! Keep-alives: comments on streams that would otherwise be silent.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::hub::Hub;
use crate::shared::Shared;
use crate::state::{State, TICKS};

/// How long a stream may be silent, unless you choose another time.
///
/// 9.2.7 suggests about 15 seconds, because proxies and NATs drop silent connections.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// The shortest sleep.
const SHORTEST: Duration = Duration::from_millis(1);

impl Hub {
    /// Sends a comment to every subscriber that would otherwise be silent for `interval`. One task
    /// and one timer serve all subscribers. Spawn the future; it ends with the hub.
    ///
    /// A comment goes out when a stream was silent for at least two thirds of the interval. It is
    /// also how the server notices that a client has gone without closing its connection. The
    /// subscribers are spread over the interval, so that they do not all write at the same time.
    /// `sleep` is a timer such as `tokio::time::sleep`.
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
        tick(Arc::downgrade(self.shared()), interval, sleep)
    }
}

async fn tick<S: Future<Output = ()>>(
    hub: Weak<Shared>,
    interval: Duration,
    sleep: impl Fn(Duration) -> S,
) {
    // Timers are not finer than a millisecond, and round up.
    let tick = interval / TICKS;
    let at_once = SHORTEST.as_nanos().div_ceil(tick.as_nanos().max(1));
    let at_once = u32::try_from(at_once).unwrap_or(TICKS).min(TICKS);
    let pause = (tick * at_once).as_millis().max(1);
    let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(u64::MAX));
    loop {
        sleep(pause).await;
        let Some(shared) = hub.upgrade() else { return };
        for _ in 0..at_once {
            shared.change_now(State::tick);
        }
    }
}
