// The README's examples need the features `reqwest` and `tokio`.
#![cfg_attr(
    any(not(doctest), all(feature = "reqwest", feature = "tokio")),
    doc = include_str!("../README.md")
)]
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
