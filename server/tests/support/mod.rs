//! What the tests with real parts share. Everything is on loopback, at ports that the kernel chose,
//! and ends with the test.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

#[cfg(unix)]
pub(crate) mod bound;
pub(crate) mod client;
#[cfg(unix)]
pub(crate) mod program;
pub(crate) mod server;

use std::future::Future;
use std::time::Duration;

use esse_encoder::{Block, EventId, EventType};

/// Ends a test that hangs; nothing is concluded from how long anything takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for it, but not for ever.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    let waited = tokio::time::timeout(PATIENCE, what).await;
    waited.expect("what is waited for should have come long ago")
}

/// Looks again and again until it is so.
pub(crate) async fn until(mut so: impl FnMut() -> bool) {
    soon(async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// The event with this number: its ID is the number, but not only.
pub(crate) fn numbered(number: usize, topic: &'static str) -> Block<'static> {
    Block::event(number.to_string())
        .event_type(EventType::from_static(topic))
        .id(EventId::new(id_of(number)).unwrap())
}

/// IDs are the application's: text of any kind.
pub(crate) fn id_of(number: usize) -> String {
    format!("día {number} ✓")
}
