//! What a server counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::limits::Limits;

/// What a server has counted. From [`MetricsHandle::read`]. Hubs count the streams themselves:
/// [`Hub::metrics`](crate::Hub::metrics).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Connections that are open now, including those that were upgraded, or are being refused or
    /// closed.
    pub connections: usize,
    /// Connections that are parked now: they have no task and no buffer.
    pub parked: usize,
    /// Connections accepted.
    pub accepted: u64,
    /// Connections that did not send the complete head of their first request in time.
    pub slow_heads: u64,
    /// Connections over a limit.
    pub over_limit: u64,
    /// Times that accepting a connection failed, usually because no file descriptor was left.
    pub accept_errors: u64,
    /// Writes to parked connections. Events that are ready together leave in one write.
    pub writes: u64,
    /// Connections closed because a function of the application panicked.
    pub panics: u64,
}

/// Reads the [`Metrics`] of a server while it runs, and after that. From
/// [`Serve::metrics`](super::Serve::metrics).
#[derive(Clone, Debug)]
pub struct MetricsHandle {
    pub(crate) limits: Arc<Limits>,
    pub(crate) counts: Arc<Counts>,
}

impl MetricsHandle {
    /// Counters, and the state of the server right now.
    pub fn read(&self) -> Metrics {
        let counts = &self.counts;
        Metrics {
            connections: self.limits.open(),
            parked: counts.parked.load(Ordering::Relaxed),
            accepted: counts.accepted.read(),
            slow_heads: counts.slow_heads.read(),
            over_limit: counts.over_limit.read(),
            accept_errors: counts.accept_errors.read(),
            writes: counts.writes.read(),
            panics: counts.panics.read(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) parked: AtomicUsize,
    pub(crate) accepted: Count,
    pub(crate) slow_heads: Count,
    pub(crate) over_limit: Count,
    pub(crate) accept_errors: Count,
    pub(crate) writes: Count,
    pub(crate) panics: Count,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
