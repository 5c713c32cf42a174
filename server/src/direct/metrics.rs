//! What `Direct` counts.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a [`Direct`](super::Direct) and its clones have counted. From
/// [`Direct::metrics`](super::Direct::metrics). The hub counts the streams themselves:
/// [`Hub::metrics`](crate::Hub::metrics).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Connections that are open now, including those being refused or closed.
    pub connections: usize,
    /// Connections accepted.
    pub accepted: u64,
    /// Requests that the application refused.
    pub refused: u64,
    /// Requests refused because of their head: malformed, too large, the wrong method, or with a
    /// body.
    pub bad_heads: u64,
    /// Connections that did not send a complete head in time.
    pub slow_heads: u64,
    /// Connections over the limit.
    pub over_limit: u64,
    /// Times that accepting a connection failed, usually because no file descriptor was left.
    pub accept_errors: u64,
    /// Writes to the sockets of streams. Events that are ready together leave in one write.
    pub writes: u64,
    /// Connections closed because a function of the application panicked.
    pub panics: u64,
}

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

impl Counts {
    pub(crate) fn read(&self) -> Metrics {
        Metrics {
            connections: self.connections.load(Ordering::Relaxed),
            accepted: self.accepted.read(),
            refused: self.refused.read(),
            bad_heads: self.bad_heads.read(),
            slow_heads: self.slow_heads.read(),
            over_limit: self.over_limit.read(),
            accept_errors: self.accept_errors.read(),
            writes: self.writes.read(),
            panics: self.panics.read(),
        }
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
