//! Output whose reader may stop reading: a write to a full pipe does not return.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes that run.
static RUNNING: AtomicU64 = AtomicU64::new(0);
/// Writes that have returned.
static RETURNED: AtomicU64 = AtomicU64::new(0);

/// An output that may be a pipe.
pub(crate) struct Watched<W>(pub(crate) W);

impl<W> Watched<W> {
    fn note<T>(&mut self, write: impl FnOnce(&mut W) -> T) -> T {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        let written = write(&mut self.0);
        RETURNED.fetch_add(1, Ordering::Relaxed);
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        written
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.note(|output| output.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.note(Write::flush)
    }
}

/// Whether a write runs now, and how many have returned.
#[cfg(feature = "net")]
pub(crate) fn writes() -> (bool, u64) {
    let runs = RUNNING.load(Ordering::Relaxed) > 0;
    (runs, RETURNED.load(Ordering::Relaxed))
}
