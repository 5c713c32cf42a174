//! What direct mode counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a [`Direct`](crate::Direct) counted, from all that serve with its settings. The streams
/// themselves are counted by the hub: [`Hub::metrics`](crate::Hub::metrics).
///
/// ```
/// use esse_server::{Direct, Hub};
///
/// let direct = Direct::new(&Hub::new());
/// assert_eq!(direct.meter().read().connections, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Connections that are there now, those that are being refused or closed included.
    pub connections: usize,
    /// Connections accepted.
    pub accepted: u64,
    /// Requests that the application refused.
    pub refused: u64,
    /// Requests that were refused for their head: malformed, oversized, of another method, with a
    /// body.
    pub bad_heads: u64,
    /// Connections that did not send a whole head in time.
    pub slow_heads: u64,
    /// Connections over the limit.
    pub over_limit: u64,
    /// Times that accepting a connection failed, for want of file descriptors above all.
    pub accept_errors: u64,
    /// Writes to sockets that were streams. Events that were there together left with one.
    pub writes: u64,
    /// Connections closed since a function of the application panicked.
    pub panics: u64,
}

/// Reads the [`Traffic`] while it is served. Made by [`Direct::meter`](crate::Direct::meter).
///
/// ```
/// use esse_server::{Direct, Hub};
///
/// let meter = Direct::new(&Hub::new()).meter();
/// assert_eq!(meter.read().accepted, 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicUsize,
    pub(crate) accepted: Count,
    pub(crate) refused: Count,
    pub(crate) bad_heads: Count,
    pub(crate) slow_heads: Count,
    pub(crate) over_limit: Count,
    pub(crate) accept_errors: Count,
    pub(crate) writes: Count,
    pub(crate) panics: Count,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Meter {
    /// The numbers as they are now.
    ///
    /// ```
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new());
    /// println!("{:?}", direct.meter().read());
    /// ```
    pub fn read(&self) -> Traffic {
        let counts = self.counts();
        Traffic {
            connections: counts.connections.load(Ordering::Relaxed),
            accepted: counts.accepted.read(),
            refused: counts.refused.read(),
            bad_heads: counts.bad_heads.read(),
            slow_heads: counts.slow_heads.read(),
            over_limit: counts.over_limit.read(),
            accept_errors: counts.accept_errors.read(),
            writes: counts.writes.read(),
            panics: counts.panics.read(),
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.0
    }
}

impl Count {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
