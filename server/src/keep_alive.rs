//! Keep-alives: comments on streams that would otherwise be silent.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::hub::Hub;
use crate::shared::Shared;
use crate::state::{BEATS_OF_SILENCE, State};

/// How long a stream may be silent, unless you choose another time.
///
/// 9.2.7 suggests about 15 seconds, because proxies and NATs drop silent connections.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

impl Hub {
    /// Sends a comment to every subscriber that would otherwise be silent for `interval`. One task
    /// and one timer serve all subscribers. Spawn the future; it ends with the hub.
    ///
    /// A comment goes out when a stream was silent for at least two thirds of the interval. It is
    /// also how the server notices that a client has gone. `sleep` is a timer such as
    /// `tokio::time::sleep`.
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
    // Three beats of silence are at least two thirds of the interval, and at most the whole.
    let beats = u32::try_from(BEATS_OF_SILENCE).unwrap_or(1);
    loop {
        sleep(interval / beats).await;
        let Some(shared) = hub.upgrade() else { return };
        shared.change(State::beat);
    }
}
