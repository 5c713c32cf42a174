//! The one kind of lock, which a model checker can replace.

#[cfg(not(esse_loom))]
use std::sync as lock;

pub(crate) use lock::MutexGuard;
#[cfg(esse_loom)]
use loom::sync as lock;

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(lock::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(lock::Mutex::new(value))
    }

    /// The value is consistent after each of its methods, so a panic while the lock was held does
    /// not matter.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
