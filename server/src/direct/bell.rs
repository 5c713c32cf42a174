//! Who has something to do: the one list that all wakers of a driver write to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use crate::sync::Mutex;

/// The keys that were rung for since the driver looked last.
#[derive(Debug)]
pub(crate) struct Rung(Mutex<List>);

#[derive(Debug, Default)]
struct List {
    keys: Vec<usize>,
    /// Taken by the first that rings: the driver is woken once for all.
    driver: Option<Waker>,
}

impl Rung {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(List::default())))
    }

    /// Moves the keys to the end of `keys`. From then on, who rings wakes the driver.
    pub(crate) fn take(&self, keys: &mut VecDeque<usize>, driver: &Waker) {
        let mut list = self.0.lock();
        keys.extend(list.keys.drain(..));
        let replaced = list.driver.replace(driver.clone());
        drop(list);
        drop(replaced);
    }

    fn push(&self, key: usize) {
        let mut list = self.0.lock();
        list.keys.push(key);
        let driver = list.driver.take();
        drop(list);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

/// The waker of one connection: puts its key on the list, once until it is answered.
#[derive(Debug)]
pub(crate) struct Bell {
    key: usize,
    is_rung: AtomicBool,
    rung: Arc<Rung>,
}

impl Bell {
    pub(crate) fn new(key: usize, rung: &Arc<Rung>) -> Arc<Self> {
        Arc::new(Self {
            key,
            is_rung: AtomicBool::new(false),
            rung: Arc::clone(rung),
        })
    }

    /// From here on it can be rung again. To be called before looking at what it was rung for.
    pub(crate) fn answer(&self) {
        self.is_rung.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            self.rung.push(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_driver_is_woken_once_for_all_that_ring() {
        let (rung, woken) = (Rung::new(), Arc::new(Woken::default()));
        let driver = Waker::from(Arc::clone(&woken));
        let bells = [7, 3].map(|key| Bell::new(key, &rung));
        let mut keys = VecDeque::new();
        rung.take(&mut keys, &driver);
        assert!(keys.is_empty());

        bells.iter().chain(&bells).for_each(Wake::wake_by_ref);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        rung.take(&mut keys, &driver);
        assert_eq!(keys, [7, 3]);

        keys.clear();
        bells[0].answer();
        bells.iter().for_each(Wake::wake_by_ref);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        rung.take(&mut keys, &driver);
        assert_eq!(keys, [7]);
    }
}
