//! Judges several items at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Judges each item. Each worker, on a thread of its own, takes the next item as soon as it is free.
/// Calls `progress` with each verdict as it comes, and returns all in the order of the items.
pub fn judge<W: Send, T: Sync, V: Send>(
    workers: Vec<W>,
    items: &[T],
    judge: impl Fn(&mut W, &T) -> V + Sync,
    progress: &mut dyn FnMut(&V),
) -> Vec<V> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut verdicts = thread::scope(|scope| {
        for mut worker in workers.into_iter().take(items.len()) {
            let (next, judge, sender) = (&next, &judge, sender.clone());
            scope.spawn(move || {
                while let Some((index, item)) = taken(items, next) {
                    // Fails only if nobody waits for the verdict any more.
                    let _ = sender.send((index, judge(&mut worker, item)));
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
