//! What the subjects share: the protocol (version 1), and a feed that hands out a chunk at a time.

pub mod codec;
pub mod feed;
pub mod protocol;

pub use feed::{Feed, drive};
pub use protocol::{AND_COMMENTS, Block, CAPABILITIES, Encoded, Event, Got, Subject};
