//! `Direct` over real sockets.
#![cfg(feature = "direct")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests

#[cfg(unix)]
#[path = "../support/bound.rs"]
mod bound;
mod client;
mod connections;
mod fan_out;
mod heads;
mod responses;
mod shutdown;
#[cfg(unix)]
mod tools;
