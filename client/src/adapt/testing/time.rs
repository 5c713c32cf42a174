//! Time that passes at once.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::Future;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use crate::adapt::sync::Mutex;
use crate::adapt::transport::Timer;

/// A [`Timer`] whose time stands still until [`run`](Self::run) has nothing else to do, and then
/// jumps to when the next sleep ends.
///
/// Clones share their time. It has no date: how long a `Retry-After` with a date asks to wait depends
/// on the clock of the system.
#[derive(Clone, Debug, Default)]
pub struct VirtualTime(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    now: Duration,
    /// How many sleeps there were: the number of the next one.
    sleeps: u64,
    waiting: BTreeMap<(Duration, u64), Waker>,
}

impl VirtualTime {
    /// Returns a time that begins at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how much time has passed.
    pub fn now(&self) -> Duration {
        self.0.lock().now
    }

    /// Waits this long.
    pub fn sleep(&self, span: Duration) -> Sleep {
        self.sleep_until(self.now().saturating_add(span))
    }

    /// Runs a future to its end.
    ///
    /// # Panics
    /// If the future waits for something else than this time, since it would wait forever.
    #[track_caller]
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(output) = polled {
                return output;
            }
            if !woken.0.swap(false, Ordering::AcqRel) {
                assert!(self.jump(), "the future waits, and no sleep will wake it");
            }
        }
    }

    /// Goes to when the next sleep ends. False if there is none.
    fn jump(&self) -> bool {
        let mut inner = self.0.lock();
        let Some(((until, _), waker)) = inner.waiting.pop_first() else {
            return false;
        };
        inner.now = inner.now.max(until);
        drop(inner);
        waker.wake();
        true
    }
}

impl Timer for VirtualTime {
    type Sleep = Sleep;

    fn now(&self) -> Duration {
        self.now()
    }

    fn sleep_until(&self, until: Duration) -> Sleep {
        let mut inner = self.0.lock();
        inner.sleeps += 1;
        Sleep {
            time: self.clone(),
            key: (until, inner.sleeps),
        }
    }
}

/// Ends at a certain time. Made by [`VirtualTime`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    time: VirtualTime,
    key: (Duration, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.time.0.lock();
        if inner.now >= self.key.0 {
            return Poll::Ready(());
        }
        inner.waiting.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.time.0.lock().waiting.remove(&self.key);
    }
}

/// Whether the future that runs was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}
