//! `IdCounter`: event IDs that do not come again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use esse_encoder::EventId;

/// Event IDs for a process that has no better ones: the time at which the counter was made, in
/// milliseconds, and a number that counts up. So the IDs of a process that was restarted are not
/// taken for those of the one before.
///
/// A bare counter that begins at 1 again after a restart is a trap: a client that comes back with
/// ID 7 is taken to have the new record 7, and silently loses those before it.
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::{Hub, IdCounter};
///
/// let (hub, ids) = (Hub::new(), IdCounter::new());
/// hub.publish(Block::event("a").id(ids.next_id()))?; // such as 1795899600000-1
/// # Ok::<(), esse_server::PublishError>(())
/// ```
#[derive(Debug)]
pub struct IdCounter {
    since: u128,
    last: AtomicU64,
}

impl IdCounter {
    /// Begins now.
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            since: since.unwrap_or_default().as_millis(),
            last: AtomicU64::new(0),
        }
    }

    /// The next ID.
    pub fn next_id(&self) -> EventId {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("{}-{number}", self.since);
        // Digits and a hyphen are an ID.
        EventId::new(id).unwrap_or(EventId::EMPTY)
    }
}

impl Default for IdCounter {
    fn default() -> Self {
        Self::new()
    }
}
