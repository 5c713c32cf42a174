//! What direct mode asks for besides: records that leave together.

use std::sync::Arc;

use super::{Next, Position, State};
use crate::record::Record;

impl State {
    /// The next record, for a subscriber that has just got one and does not wait.
    pub(crate) fn more(&mut self, key: usize) -> Option<(Arc<Record>, Position)> {
        if self.is_closed() || self.fell_behind(key) {
            return None;
        }
        match self.find(key)? {
            Next::Record { record, position } => Some((record, position)),
            _ => None,
        }
    }

    /// The record at this position was not sent, nor were those that came after it.
    pub(crate) fn give_back(&mut self, key: usize, position: Position) {
        self.slots.at_mut(key).cursor = position;
    }
}
