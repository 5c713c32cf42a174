//! What the test trees share.
//!
//! Everything that needs a codec is behind a feature, and the codecs are built without features of
//! their own. So this crate never changes which features a test runs with.
#![forbid(unsafe_code)]

mod bare_server;
#[cfg(unix)]
mod bound;
mod cuts;
mod example;
#[cfg(feature = "parser")]
mod outcome;
mod random;
#[cfg(feature = "encoder")]
mod values;

use std::borrow::Cow;

pub use bare_server::bare_server;
#[cfg(unix)]
pub use bound::bound;
pub use cuts::{chunk_of, chunks, cuts_of, cycled};
pub use example::example;
#[cfg(feature = "reference")]
pub use outcome::expected;
#[cfg(feature = "parser")]
pub use outcome::{Outcome, Seen, events, outcome, unlimited};
pub use random::Random;
#[cfg(feature = "encoder")]
pub use values::{Values, encoded};

/// The arguments with which Chromium shows a page, without a window and without anything else.
pub const CHROMIUM: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// The text with each of its line breaks as LF, as a receiver reads it.
pub fn with_lf(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}
