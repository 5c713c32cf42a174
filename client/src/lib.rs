// The README's examples need the features `reqwest` and `tokio`.
#![cfg_attr(
    any(not(doctest), all(feature = "reqwest", feature = "tokio")),
    doc = include_str!("../README.md")
)]
//!
//! # Features
//! None is on by default.
//!
//! | feature | adds |
//! |---|---|
//! | `stream` | [`EventSource`] over any [`Transport`] and [`Timer`] |
//! | `reqwest` | [`Transport`] for `reqwest::Client` |
//! | `tower` | [`Tower`]: a transport over any service of the tower ecosystem, such as hyper-util's client |
//! | `tokio` | [`TokioTimer`] |
//! | `blocking` | [`blocking::EventSource`]: an iterator over any blocking transport, without an executor |
//! | `ureq` | the iterator over `ureq::Agent` |
//! | `wasm` | for `wasm32-unknown-unknown`: [`Transport`] for `reqwest::Client` over `fetch`, and `WebTimer`; elsewhere the same as `reqwest` |
//! | `tracing` | a span of `tracing` for each client, with an event for each attempt, opening, loss and end; no URLs, headers or bodies |
//! | `test` | [`testing`]: a scripted transport and virtual time, for your own tests |
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
