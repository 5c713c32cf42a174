//! The deadlines of all connections: one timer, and at most a few entries for each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

#[derive(Debug, Default)]
pub(crate) struct Timers {
    entries: BinaryHeap<Reverse<(Instant, usize)>>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// When a connection is looked at for its deadline, if it is.
///
/// A deadline that moves back or goes away leaves its entry where it is: what the entry finds when
/// its time comes is a later deadline, or none.
#[derive(Debug, Default)]
pub(crate) struct Armed(Option<Instant>);

impl Timers {
    /// Has the key come due at this time, or earlier.
    pub(crate) fn arm(&mut self, key: usize, armed: &mut Armed, deadline: Option<Instant>) {
        let Some(deadline) = deadline else { return };
        if armed.0.is_none_or(|at| at > deadline) {
            armed.0 = Some(deadline);
            self.entries.push(Reverse((deadline, key)));
        }
    }

    /// The next key whose time has come, and that time.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<(Instant, usize)> {
        let Some(Reverse((first, _))) = self.entries.peek() else {
            return Poll::Pending;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(*first)));
        if sleep.deadline() != *first {
            sleep.as_mut().reset(*first);
        }
        ready!(sleep.as_mut().poll(cx));
        let due = self.entries.pop().map(|Reverse(due)| due);
        due.map_or(Poll::Pending, Poll::Ready)
    }
}

impl Armed {
    /// Whether the entry of that time is the one that counts. It is used up then.
    pub(crate) fn disarm(&mut self, at: Instant) -> bool {
        let counts = self.0 == Some(at);
        if counts {
            self.0 = None;
        }
        counts
    }
}
