//! Runs several at a time of what mostly waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Judges each item, `at_once` of them at a time. Calls `progress` with each verdict as it comes, and
/// returns all in the order of the items.
pub(crate) fn judge<T: Sync, V: Send>(
    items: &[T],
    at_once: usize,
    judge: impl Fn(&T) -> V + Sync,
    progress: &mut dyn FnMut(&V),
) -> Vec<V> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut verdicts = thread::scope(|scope| {
        for _ in 0..at_once.min(items.len()) {
            let (next, judge, sender) = (&next, &judge, sender.clone());
            scope.spawn(move || {
                while let Some((index, item)) = taken(items, next) {
                    // Fails only if nobody waits for the verdict any more.
                    let _ = sender.send((index, judge(item)));
                }
            });
        }
        drop(sender);
        let verdicts = receiver.iter();
        verdicts
            .inspect(|(_, verdict)| progress(verdict))
            .collect::<Vec<(usize, V)>>()
    });
    verdicts.sort_unstable_by_key(|(index, _)| *index);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

fn taken<'i, T>(items: &'i [T], next: &AtomicUsize) -> Option<(usize, &'i T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}
