//! One list of the connections that have something to do, to which all wakers of a driver write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use super::turns::Turns;
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
    little: Vec<Key>,
    much: Vec<Key>,
    /// Taken by the first key, so that the driver is woken once for all of them. `None` while the
    /// driver runs.
    driver: Option<Waker>,
}

impl WakeQueue {
    /// Adds the keys to the turns.
    pub(crate) fn take(&self, turns: &mut Turns) {
        let List { little, much, .. } = &mut *self.0.lock();
        turns.add(little.drain(..), much.drain(..));
    }

    /// If there are no keys, the next one to be woken wakes the driver.
    pub(crate) fn has_keys_or_wakes(&self, driver: &Waker) -> bool {
        let mut list = self.0.lock();
        let replaced = list.driver.replace(driver.clone());
        let has_keys = !list.little.is_empty() || !list.much.is_empty();
        drop(list);
        drop(replaced);
        has_keys
    }

    fn push(&self, key: Key, has_much: bool) {
        let mut list = self.0.lock();
        let keys = if has_much {
            &mut list.much
        } else {
            &mut list.little
        };
        keys.push(key);
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
    had_much: AtomicBool,
    queue: Arc<WakeQueue>,
}

impl KeyWaker {
    pub(crate) fn new(key: Key, queue: &Arc<WakeQueue>) -> Arc<Self> {
        Arc::new(Self {
            key,
            is_woken: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
            had_much: AtomicBool::new(false),
            queue: Arc::clone(queue),
        })
    }

    /// Allows the next wake. To be called before looking at what the key was woken for.
    pub(crate) fn reset(&self) {
        self.is_woken.swap(false, Ordering::AcqRel);
    }

    /// The key gets a turn without being put on the queue. False if it is there already.
    pub(crate) fn set(&self) -> bool {
        !self.is_woken.swap(true, Ordering::AcqRel)
    }

    /// Whether the connection had much to send in this turn.
    pub(crate) fn set_had_much(&self, much: bool) {
        self.had_much.store(much, Ordering::Relaxed);
    }

    fn put_on_queue(&self) {
        if self.set() {
            self.queue
                .push(self.key, self.had_much.load(Ordering::Relaxed));
        }
    }

    /// The connection is being closed because its client took nothing for too long.
    pub(crate) fn set_cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Release);
    }
}

impl current::CutOff for KeyWaker {
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
    use std::iter;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn taken(queue: &WakeQueue) -> Vec<Key> {
        let mut turns = Turns::default();
        queue.take(&mut turns);
        iter::from_fn(|| turns.next()).collect()
    }

    #[test]
    fn the_driver_is_woken_once_for_all_keys() {
        let (queue, woken) = (Arc::<WakeQueue>::default(), Arc::new(Woken::default()));
        let driver = Waker::from(Arc::clone(&woken));
        let expected = [7, 3].map(Key);
        let wakers = expected.map(|key| KeyWaker::new(key, &queue));
        assert!(!queue.has_keys_or_wakes(&driver));

        wakers.iter().chain(&wakers).for_each(Wake::wake_by_ref);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(queue.has_keys_or_wakes(&driver));
        assert_eq!(taken(&queue), expected);

        wakers[0].reset();
        wakers.iter().for_each(Wake::wake_by_ref);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert_eq!(taken(&queue), [expected[0]]);
    }

    #[test]
    fn a_connection_that_had_little_goes_first() {
        let queue = Arc::<WakeQueue>::default();
        let wakers = [1, 2, 3].map(|key| KeyWaker::new(Key(key), &queue));
        wakers[0].set_had_much(true);
        wakers.iter().for_each(Wake::wake_by_ref);
        assert_eq!(taken(&queue), [2, 3, 1].map(Key));
    }

    #[test]
    fn a_connection_is_never_in_line_twice() {
        let queue = Arc::<WakeQueue>::default();
        let waker = KeyWaker::new(Key(1), &queue);
        assert!(waker.set());
        waker.wake_by_ref();
        assert_eq!(taken(&queue), []);
        waker.reset();
        waker.wake_by_ref();
        assert!(!waker.set());
        assert_eq!(taken(&queue), [Key(1)]);
    }
}
