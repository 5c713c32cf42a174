//! `Direct` over real sockets.
#![cfg(feature = "direct")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests

mod client;
mod connections;
mod fan_out;
mod heads;
mod responses;
mod shutdown;
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod tools;
