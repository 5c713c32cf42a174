//! What is left to do after the hub's lock was released.

use std::sync::Arc;
use std::task::Waker;

use crate::held::Held;
use crate::record::Record;

/// What the caller does once the lock is released.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Aftermath {
    pub(super) wake: Vec<Waker>,
    /// Dropping these may run code of the application or its runtime.
    pub(super) spare_wakers: Vec<Waker>,
    pub(super) spare_records: Vec<Arc<Record>>,
}

impl Aftermath {
    pub(crate) fn run(self, held: &Held) {
        self.spare_records
            .iter()
            .for_each(|record| held.add(record));
        let evicted = !self.spare_records.is_empty();
        drop((self.spare_wakers, self.spare_records));
        if evicted {
            held.bound();
        }
        self.wake.into_iter().for_each(Waker::wake);
    }
}
