//! The clock of a thread that parks until the next alarm.

use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::time::Instant;

use crate::adapt::sync::Mutex;
use crate::adapt::transport::Timer;

/// A timer that wakes nobody: its sleeps say when the thread must look again.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    start: Instant,
    alarm: Arc<Mutex<Option<Duration>>>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            alarm: Arc::default(),
        }
    }

    pub(super) fn forget_alarm(&self) {
        *self.alarm.lock() = None;
    }

    /// Returns how long it is to the first alarm that was set since the last one was forgotten.
    pub(super) fn time_to_alarm(&self) -> Option<Duration> {
        let alarm = *self.alarm.lock();
        Some(alarm?.saturating_sub(self.start.elapsed()))
    }

    fn set_alarm(&self, until: Duration) {
        let mut alarm = self.alarm.lock();
        *alarm = Some(alarm.map_or(until, |alarm| alarm.min(until)));
    }
}

impl Timer for Clock {
    type Sleep = Sleep;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&self, until: Duration) -> Sleep {
        Sleep {
            clock: self.clone(),
            until,
        }
    }
}

#[derive(Debug)]
pub(super) struct Sleep {
    clock: Clock,
    until: Duration,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.until {
            return Poll::Ready(());
        }
        self.clock.set_alarm(self.until);
        Poll::Pending
    }
}
