//! `Shared`: what a hub's handles and its subscribers share.

use std::fmt;
use std::sync::Arc;

use crate::gap::{Gap, Recovery};
use crate::log::Log;
use crate::metrics::{Counters, Metrics};
use crate::state::{Aftermath, Bounds, State};
use crate::sync::{Mutex, MutexGuard};
use crate::trace;

pub(crate) type OnGap = Box<dyn Fn(&Gap) -> Recovery + Send + Sync>;

pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) counters: Counters,
    on_gap: OnGap,
    pub(crate) history: Option<Arc<dyn Log>>,
}

impl Shared {
    pub(crate) fn new(bounds: Bounds, on_gap: OnGap, history: Option<Arc<dyn Log>>) -> Self {
        Self {
            state: Mutex::new(State::new(bounds)),
            counters: Counters::default(),
            on_gap,
            history,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Changes the state under the lock, then wakes and drops without it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, &mut Aftermath) -> T) -> T {
        let mut after = Aftermath::default();
        let result = change(&mut self.lock(), &mut after);
        after.run();
        result
    }

    /// Asks the application how a subscriber goes on after a gap.
    pub(crate) fn recovery(&self, gap: &Gap) -> Recovery {
        self.lock().metrics_mut().gaps.count(gap.cause);
        trace::gap(gap);
        (self.on_gap)(gap)
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let metrics = self.lock().metrics();
        self.counters.add_to(metrics)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
