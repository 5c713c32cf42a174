//! What the subjects share: the protocol (version 1), a feed that hands out a chunk at a time, and the lines of a driver.

pub mod client;
pub mod codec;
pub mod feed;
pub mod protocol;

pub use feed::{Feed, drive};
pub use protocol::{AND_COMMENTS, Block, CAPABILITIES, Encoded, Event, Got, Subject};

/// Prints a line of a driver, and flushes it.
pub fn say(line: &serde_json::Value) {
    println!("{line}");
}
