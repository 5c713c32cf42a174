//! Which connection is being polled or dropped, so that a subscriber can reach it later, and learns
//! why it is dropped.
//!
//! A subscriber lies deep in the body of a response, in boxes of the application's framework, and
//! nothing is passed through them. But it is polled and dropped within its connection, on the same
//! thread.

use std::cell::RefCell;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use super::writes::Writes;
use crate::sync::Mutex;

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn CutOff>>> = const { RefCell::new(None) };
}

/// A connection that can be closed while it waits for its client.
pub(crate) trait CutOff: Debug + Send + Sync {
    fn cut_off(&self);

    /// Whether that was asked for, or its client took nothing for too long.
    fn is_cut_off(&self) -> bool;

    /// Whether a frame of its body waits for the client to make room. Called whenever that changes, and
    /// whenever the body is asked for a frame.
    fn waits_for_room(&self, _waits: bool) {}
}

/// The connection that is being polled on this thread, if `serve` serves it.
pub(crate) fn connection() -> Option<Arc<dyn CutOff>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Whether what is dropped now is dropped because its connection is cut off.
pub(crate) fn is_cut_off() -> bool {
    let current = CURRENT.try_with(|current| {
        let current = current.borrow();
        current.as_ref().is_some_and(|one| one.is_cut_off())
    });
    // Without the variable, the thread is ending.
    current.unwrap_or(false)
}

/// Polls or drops what belongs to this connection.
pub(crate) fn within<T>(connection: Arc<dyn CutOff>, act: impl FnOnce() -> T) -> T {
    let _reset = Reset(CURRENT.replace(Some(connection)));
    act()
}

/// Also if the application panics.
struct Reset(Option<Arc<dyn CutOff>>);

impl Drop for Reset {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// A connection that has a task of its own.
#[derive(Debug, Default)]
pub(crate) struct Task {
    is_cut_off: AtomicBool,
    waker: Mutex<Option<Waker>>,
    pub(crate) writes: Writes,
}

impl Task {
    /// Runs a future of this connection to its end, or until the connection is cut off.
    pub(crate) async fn run<F: Future>(self: Arc<Self>, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            self.remember_waker(cx);
            if self.is_cut_off() {
                return Poll::Ready(None);
            }
            let poll = || within(Arc::clone(&self) as _, || future.as_mut().poll(cx));
            self.writes.poll(poll).map(Some)
        })
        .await
    }

    /// Waits until all that the connection has now was written.
    pub(crate) fn written(&self) -> impl Future<Output = ()> + Send + use<> {
        let written = self.writes.next();
        let waker = self.waker.lock();
        if let Some(waker) = &*waker {
            waker.wake_by_ref();
        }
        written
    }

    fn remember_waker(&self, cx: &Context<'_>) {
        let mut waker = self.waker.lock();
        if !waker
            .as_ref()
            .is_some_and(|kept| kept.will_wake(cx.waker()))
        {
            let before = waker.replace(cx.waker().clone());
            drop(waker);
            drop(before);
        }
    }
}

impl CutOff for Task {
    fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Release);
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Acquire)
    }
}
