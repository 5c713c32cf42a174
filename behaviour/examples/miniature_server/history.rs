//! What was published, and who waits for more.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;
use std::{env, thread};

use crate::fault::Fault;

/// An event as it was published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Published {
    pub(crate) id: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) data: String,
}

/// All events, of which a client that comes back gets only the newest.
pub(crate) struct History {
    pub(crate) fault: Fault,
    /// How many events a client that comes back may get.
    pub(crate) kept: usize,
    pub(crate) keep_alive: Option<Duration>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) events: Vec<Published>,
    pub(crate) is_closed: bool,
    /// How many connections there were.
    pub(crate) opened: usize,
    pub(crate) has_replayed: bool,
    /// Connections that have something to write.
    pub(crate) writing: usize,
}

impl History {
    pub(crate) fn new(fault: Fault) -> Self {
        let number = |name| env::var(name).ok()?.parse().ok();
        Self {
            fault,
            kept: number("SSE_HISTORY").unwrap_or(1000),
            keep_alive: number("SSE_KEEP_ALIVE_MS").map(|ms| Duration::from_millis(ms as u64)),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn publish(&self, event: Published) {
        let mut state = self.lock();
        state.events.push(event);
        self.changed.notify_all();
        drop(state);
        if self.fault == Fault::WaitsForTheSlow {
            thread::sleep(Duration::from_millis(2));
            // A connection that has taken the event counts as writing.
            while self.lock().writing > 0 {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }

    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits until there is an event at this place, or the end, or for this long.
    pub(crate) fn wait(&self, at: usize, limit: Option<Duration>) -> MutexGuard<'_, State> {
        let is_waiting = |state: &mut State| state.events.len() <= at && !state.is_closed;
        let limit = limit.unwrap_or(Duration::from_secs(3600));
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), limit, is_waiting);
        waited.unwrap().0
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
