//! Commands to a client from elsewhere.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use std::sync::{Mutex, PoisonError};

use crate::ReadyState;

/// Closes or restarts a client from elsewhere. Made by
/// [`EventSource::handle`](super::EventSource::handle).
#[derive(Clone, Debug)]
pub struct Handle(pub(super) Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    has_command: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    command: Option<Command>,
    ready_state: ReadyState,
    waker: Option<Waker>,
}

/// What a handle asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Restart,
    Close,
}

impl Handle {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            has_command: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                command: None,
                ready_state: ReadyState::Connecting,
                waker: None,
            }),
        }))
    }

    /// Closes the client: its stream ends without an error. (9.2.2, `close()`.)
    pub fn close(&self) {
        self.0.command(Command::Close);
    }

    /// Drops the connection, if there is one, and connects at once: after the machine slept, or with
    /// a new token.
    pub fn restart(&self) {
        self.0.command(Command::Restart);
    }

    /// Returns the value of `readyState` (9.2.2) as of the last time that the stream was polled.
    pub fn ready_state(&self) -> ReadyState {
        self.0.lock().ready_state
    }
}

impl Shared {
    fn command(&self, command: Command) {
        let mut inner = self.lock();
        if inner.command != Some(Command::Close) {
            inner.command = Some(command);
        }
        self.has_command.store(true, Ordering::Release);
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns the command that came since the last call.
    #[inline]
    pub(super) fn take_command(&self) -> Option<Command> {
        if !self.has_command.swap(false, Ordering::Acquire) {
            return None;
        }
        self.lock().command.take()
    }

    /// The stream has nothing to return: wakes it up at the next command. False if there is one.
    pub(super) fn park(&self, waker: &Waker, ready_state: ReadyState) -> bool {
        let mut inner = self.lock();
        inner.ready_state = ready_state;
        match &mut inner.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        inner.command.is_none()
    }

    pub(super) fn set_ready_state(&self, ready_state: ReadyState) {
        self.lock().ready_state = ready_state;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // Nothing panics while it holds the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
