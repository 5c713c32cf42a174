//! Certifies the golden vectors: a real browser reads every stream with its own `EventSource`, and what it
//! dispatches is compared with what the vector says.
//!
//! A small server on loopback gives the browser one page. The page asks for streams, opens them, and posts
//! the events that it saw. Afterwards the browser is allowed to reconnect, which shows the last event ID
//! and the reconnection time. What differs from a vector must be what the model of the engine
//! predicts: the steps of the standard with the deviations listed in `spec-vectors/deviations.json`.

mod board;
pub(crate) mod browser;
mod decode;
mod describe;
mod differential;
mod engine;
mod hostile;
pub(crate) mod http;
mod model;
mod probe;
mod profile;
mod quirk;
mod record;
mod recorded;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod vectors;
mod verdict;

pub use differential::{Differences, differ};
pub use engine::Engine;
pub use record::record;
pub use recorded::{Deviation, Recorded, recorded};
pub use session::{Session, Stopped};
pub use vectors::{BYTES_UP_TO, Certified, Outcome, certify};
