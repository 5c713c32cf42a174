//! The one lock, so that a model checker can put its own in place of it.

#[cfg(not(esse_loom))]
use std::sync as lock;

pub(crate) use lock::MutexGuard;
#[cfg(esse_loom)]
use loom::sync as lock;

#[derive(Debug)]
pub(crate) struct Mutex<T>(lock::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(lock::Mutex::new(value))
    }

    /// What is guarded is consistent after each of its methods, so a panic elsewhere while it was
    /// held does not spoil it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
