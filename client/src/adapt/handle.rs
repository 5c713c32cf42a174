//! Commands to a client from elsewhere.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use core::task::Waker;

use super::sync::Mutex;
use crate::ReadyState;

/// Closes or restarts a client from elsewhere. Made by
/// [`EventSource::handle`](super::EventSource::handle).
#[derive(Clone, Debug)]
pub struct Handle(pub(super) Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    has_command: AtomicBool,
    /// The value of `readyState` (9.2.2), as a number.
    ready_state: AtomicU8,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    command: Option<Command>,
    waker: Option<Waker>,
}

/// In the order of their values in the standard (9.2.2).
const READY_STATES: [ReadyState; 3] =
    [ReadyState::Connecting, ReadyState::Open, ReadyState::Closed];

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
            ready_state: AtomicU8::new(0),
            inner: Mutex::default(),
        }))
    }

    /// Closes the client: its stream ends without an error. (9.2.2, `close()`.)
    pub fn close(&self) {
        self.0.command(Command::Close);
    }

    /// Drops the connection, if there is one, and connects at once: after the machine slept, or with
    /// a new token. Does nothing if the client has ended, or its hook fails in the meantime.
    pub fn restart(&self) {
        self.0.command(Command::Restart);
    }

    /// Returns the value of `readyState` (9.2.2) as of the last time that the stream was polled.
    pub fn ready_state(&self) -> ReadyState {
        let number = self.0.ready_state.load(Ordering::Acquire);
        READY_STATES[usize::from(number)]
    }
}

impl Shared {
    fn command(&self, command: Command) {
        let mut inner = self.inner.lock();
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

    /// Whether a command came since it was last taken.
    #[inline]
    pub(super) fn has_command(&self) -> bool {
        // Asked before each event, and a swap costs more than a load.
        self.has_command.load(Ordering::Relaxed)
    }

    /// Returns the command that came since the last call.
    #[inline]
    pub(super) fn take_command(&self) -> Option<Command> {
        if !self.has_command() {
            return None;
        }
        self.has_command.store(false, Ordering::Relaxed);
        self.inner.lock().command.take()
    }

    /// The stream has nothing to return: wakes it up at the next command. False if there is one.
    pub(super) fn park(&self, waker: &Waker) -> bool {
        let mut inner = self.inner.lock();
        match &mut inner.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        inner.command.is_none()
    }

    #[inline]
    pub(super) fn set_ready_state(&self, ready_state: ReadyState) {
        self.ready_state.store(ready_state as u8, Ordering::Release);
    }
}
