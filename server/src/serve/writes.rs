//! When a connection has written what it has.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

/// Counts how often a connection is polled. hyper writes all that it has each time, unless the socket
/// takes no more.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// The number of the last poll that has begun.
    begun: AtomicU64,
    /// The number of the last poll that has written all.
    done: watch::Sender<u64>,
    /// The socket took nothing when it was written to last.
    is_blocked: AtomicBool,
}

impl Writes {
    /// Polls the connection.
    pub(crate) fn poll<T>(&self, poll: impl FnOnce() -> T) -> T {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let polled = poll();
        if self.done.receiver_count() > 0 && !self.is_blocked.load(Ordering::Relaxed) {
            self.done.send_replace(number);
        }
        polled
    }

    pub(crate) fn set_blocked(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
    }

    /// Waits until a poll has written all that there is now. One that has begun may have passed it
    /// over, so it is a later one. The caller wakes the connection.
    pub(crate) fn next(&self) -> impl Future<Output = ()> + Send + use<> {
        let next = self.begun.load(Ordering::Relaxed) + 1;
        let mut done = self.done.subscribe();
        async move {
            // An error means that the connection is gone.
            let _ = done.wait_for(|number| *number >= next).await;
        }
    }
}
