//! One list of the connections that have something to do, to which all wakers of a driver write.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use crate::serve::current;
use crate::sync::Mutex;

/// A connection of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) usize);

/// The keys that were woken since the driver last looked.
#[derive(Debug, Default)]
pub(crate) struct WakeQueue(Mutex<List>);

#[derive(Debug, Default)]
struct List {
    keys: Vec<Key>,
    /// Taken by the first key, so that the driver is woken once for all of them.
    driver: Option<Waker>,
}

impl WakeQueue {
    /// Moves the keys to the end of `keys`. The next key to be woken wakes the driver.
    pub(crate) fn take(&self, keys: &mut VecDeque<Key>, driver: &Waker) {
        let mut list = self.0.lock();
        keys.extend(list.keys.drain(..));
        let replaced = list.driver.replace(driver.clone());
        drop(list);
        drop(replaced);
    }

    fn push(&self, key: Key) {
        let mut list = self.0.lock();
        list.keys.push(key);
        let driver = list.driver.take();
        drop(list);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

/// The waker of one key. Puts the key on the queue, at most once until it is reset.
#[derive(Debug)]
pub(crate) struct KeyWaker {
    key: Key,
    is_woken: AtomicBool,
    is_cut_off: AtomicBool,
    queue: Arc<WakeQueue>,
}

impl KeyWaker {
    pub(crate) fn new(key: Key, queue: &Arc<WakeQueue>) -> Arc<Self> {
        Arc::new(Self {
            key,
            is_woken: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
            queue: Arc::clone(queue),
        })
    }

    /// Allows the next wake. To be called before looking at what the key was woken for.
    pub(crate) fn reset(&self) {
        self.is_woken.swap(false, Ordering::AcqRel);
    }

    fn put_on_queue(&self) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            self.queue.push(self.key);
        }
    }

    /// The connection is being closed because its client took nothing for too long.
    pub(crate) fn is_closing(&self) {
        self.is_cut_off.store(true, Ordering::Release);
    }
}

impl current::Connection for KeyWaker {
    fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Release);
        self.put_on_queue();
    }

    fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Acquire)
    }
}

impl Wake for KeyWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.put_on_queue();
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
    fn the_driver_is_woken_once_for_all_keys() {
        let (queue, woken) = (Arc::<WakeQueue>::default(), Arc::new(Woken::default()));
        let driver = Waker::from(Arc::clone(&woken));
        let expected = [7, 3].map(Key);
        let wakers = expected.map(|key| KeyWaker::new(key, &queue));
        let mut keys = VecDeque::new();
        queue.take(&mut keys, &driver);
        assert!(keys.is_empty());

        wakers.iter().chain(&wakers).for_each(Wake::wake_by_ref);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        queue.take(&mut keys, &driver);
        assert_eq!(keys, expected);

        keys.clear();
        wakers[0].reset();
        wakers.iter().for_each(Wake::wake_by_ref);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        queue.take(&mut keys, &driver);
        assert_eq!(keys, [expected[0]]);
    }
}
