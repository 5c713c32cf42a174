//! What the tests with real programs share. Everything is on loopback, at ports that the kernel
//! chose, and ends with the test.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test file uses a part of it"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

pub(crate) mod client;
#[cfg(feature = "axum")]
pub(crate) mod esse_client;
#[cfg(unix)]
pub(crate) mod nginx;
#[cfg(unix)]
pub(crate) mod program;
pub(crate) mod server;

use std::future::Future;
use std::time::Duration;

use esse_encoder::{Block, EventId, EventType};

/// What there is, or the end of the test if there is nothing.
macro_rules! or_return {
    ($there:expr) => {
        match $there {
            Some(there) => there,
            None => return,
        }
    };
}
pub(crate) use or_return;

/// Ends a test that hangs. No test depends on how long anything takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for it, but not for ever.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    let waited = tokio::time::timeout(PATIENCE, what).await;
    waited.expect("what is waited for should have come long ago")
}

/// Checks again and again until the condition holds.
pub(crate) async fn until(mut so: impl FnMut() -> bool) {
    soon(async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// The event with this number, which is also part of its ID.
pub(crate) fn numbered(number: usize, topic: &'static str) -> Block<'static> {
    Block::event(number.to_string())
        .event_type(EventType::from_static(topic))
        .id(EventId::new(id_of(number)).unwrap())
}

/// IDs can be any text.
pub(crate) fn id_of(number: usize) -> String {
    format!("día {number} ✓")
}
