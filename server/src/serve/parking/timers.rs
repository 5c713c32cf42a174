//! The deadlines of all connections: one timer, and at most a few entries for each connection.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use super::wake::Key;

#[derive(Debug, Default)]
pub(crate) struct Timers {
    entries: BinaryHeap<Reverse<(Instant, Key)>>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// The earliest entry of a connection.
///
/// If a deadline moves back or goes away, its entry stays. When the entry comes due, the deadline
/// is found to be later, or gone.
#[derive(Debug, Default)]
pub(crate) struct Armed(Option<Instant>);

impl Timers {
    /// Makes the key come due at this time or earlier.
    pub(crate) fn arm(&mut self, key: Key, armed: &mut Armed, deadline: Option<Instant>) {
        let Some(deadline) = deadline else { return };
        if armed.0.is_none_or(|at| at > deadline) {
            armed.0 = Some(deadline);
            self.entries.push(Reverse((deadline, key)));
        }
    }

    /// The next key that is due, and when it became due.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<(Instant, Key)> {
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
    /// Whether the entry of that time is the earliest. If so, it is used up.
    pub(crate) fn disarm(&mut self, at: Instant) -> bool {
        let counts = self.0 == Some(at);
        if counts {
            self.0 = None;
        }
        counts
    }
}
