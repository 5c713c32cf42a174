//! The end of what a process writes to stderr. The rest is read and dropped, so that a process that
//! writes much is not blocked and takes no memory.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of stderr that are kept.
const KEPT: usize = 4096;
/// How long to wait for the end of stderr after the process has ended.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
struct State {
    kept: VecDeque<u8>,
    ended: bool,
}

/// The end of what a process writes to stderr: its last 4 KiB.
#[derive(Clone, Debug, Default)]
pub struct Tail(Arc<(Mutex<State>, Condvar)>);

impl Tail {
    /// Reads to the end on its own thread.
    pub fn of(mut stderr: impl Read + Send + 'static) -> Self {
        let tail = Self::default();
        let writer = tail.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut buffer) {
                writer.keep(&buffer[..read]);
            }
            writer.end();
        });
        tail
    }

    fn keep(&self, bytes: &[u8]) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.extend(bytes);
        let excess = state.kept.len().saturating_sub(KEPT);
        state.kept.drain(..excess);
    }

    fn end(&self) {
        self.0
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ended = true;
        self.0.1.notify_all();
    }

    /// The bytes that were kept. Waits a moment for the end of stderr, which an ended process has
    /// already written.
    pub fn text(&self) -> String {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .0
            .1
            .wait_timeout_while(state, PATIENCE, |state| !state.ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let kept: Vec<u8> = state.kept.iter().copied().collect();
        String::from_utf8_lossy(&kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let much = "x".repeat(100_000) + "the end";
        let text = Tail::of(std::io::Cursor::new(much)).text();
        assert!(text.len() == KEPT && text.ends_with("xthe end"));
    }
}
