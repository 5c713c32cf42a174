//! A client for server-sent events that stays connected exactly as the WHATWG standard says.
//!
//! [`Connection`] is the state machine: it takes what happened and says what to do next. It does no
//! I/O, and has no clock and no random numbers of its own.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "stream", test))]
extern crate std;

#[cfg(feature = "stream")]
mod adapt;
mod cause;
mod closed;
mod connection;
mod delay;
mod head;
mod header;
mod policy;

#[cfg(feature = "stream")]
pub use adapt::*;
pub use cause::{Cause, Failure};
pub use closed::Closed;
pub use connection::{Action, Attempt, Connection, ReadyState, Resume};
pub use esse_parser as parser;
pub use head::Head;
pub use policy::{Policy, Replay};
