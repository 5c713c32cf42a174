//! Whose turn it is.

use std::collections::VecDeque;

use super::wake::Key;

/// The connections that have something to do. One that had little to send in its last turn goes
/// before those that had much: it probably has little again, and should not wait for them.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    little: VecDeque<Key>,
    much: VecDeque<Key>,
    /// How many of `little` go before the first of `much`, which waits for no further ones.
    ahead: usize,
}

impl Turns {
    pub(crate) fn add(
        &mut self,
        little: impl Iterator<Item = Key>,
        much: impl Iterator<Item = Key>,
    ) {
        self.little.extend(little);
        much.for_each(|key| self.put_last(key));
    }

    /// For a connection that has much.
    pub(crate) fn put_last(&mut self, key: Key) {
        if self.much.is_empty() {
            self.ahead = self.little.len();
        }
        self.much.push_back(key);
    }

    pub(crate) fn next(&mut self) -> Option<Key> {
        if self.much.is_empty() {
            return self.little.pop_front();
        }
        if self.ahead > 0 {
            self.ahead -= 1;
            return self.little.pop_front();
        }
        self.ahead = self.little.len();
        self.much.pop_front()
    }

    pub(crate) fn are_over(&self) -> bool {
        self.little.is_empty() && self.much.is_empty()
    }
}
