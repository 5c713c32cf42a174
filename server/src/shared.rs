//! `Shared`: what a hub's handles and its subscribers share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::gap::Gap;
use crate::held::Held;
use crate::log::Log;
use crate::metrics::{Counters, Metrics, Outcome};
use crate::state::{Aftermath, State, SubscriberKey};
use crate::subscribe::OnGap;
use crate::sync::{Mutex, MutexGuard};
use crate::trace;
use crate::wants::Wants;

pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) counters: Counters,
    pub(crate) held: Held,
    pub(crate) wants: Wants,
    pub(crate) on_gap: Option<OnGap>,
    pub(crate) history: Option<Arc<dyn Log>>,
    since: Instant,
    /// How often the application has ended subscribers.
    ends: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(
        state: State,
        held: Held,
        on_gap: Option<OnGap>,
        history: Option<Arc<dyn Log>>,
    ) -> Self {
        Self {
            state: Mutex::new(state),
            counters: Counters::default(),
            held,
            wants: Wants::default(),
            on_gap,
            history,
            since: Instant::now(),
            ends: AtomicUsize::new(0),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Changes the state under the lock, then wakes and drops without it. Payloads that were evicted
    /// and are still held may be too much then.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, &mut Aftermath) -> T) -> T {
        let mut after = Aftermath::default();
        let result = change(&mut self.lock(), &mut after);
        after.run(&self.held);
        result
    }

    /// Like [`change`](Self::change), with the time since the hub was made.
    pub(crate) fn change_now<T>(
        &self,
        change: impl FnOnce(&mut State, Duration, &mut Aftermath) -> T,
    ) -> T {
        let now = self.since.elapsed();
        self.change(|state, after| change(state, now, after))
    }

    /// Like [`change`](Self::change), for a change that ends subscribers. Those that do not look at
    /// the state for each frame learn of it by [`ends`](Self::ends).
    pub(crate) fn end<T>(&self, end: impl FnOnce(&mut State, &mut Aftermath) -> T) -> T {
        self.change(|state, after| {
            let result = end(state, after);
            self.ends.fetch_add(1, Ordering::Release);
            result
        })
    }

    pub(crate) fn ends(&self) -> usize {
        self.ends.load(Ordering::Acquire)
    }

    /// Removes a subscriber.
    pub(crate) fn shut(&self, key: SubscriberKey, outcome: Outcome) {
        let topics = self.change(|state, after| {
            let topics = state.topics(key).clone();
            state.shut(key, outcome, after);
            topics
        });
        self.wants.leave(&topics);
    }

    pub(crate) fn count_gap(&self, gap: &Gap) {
        self.lock().metrics_mut().gaps.count(gap);
        trace::gap(gap);
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let metrics = self.lock().metrics();
        Metrics {
            held_bytes: self.held.bytes(),
            ..self.counters.add_to(metrics)
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
