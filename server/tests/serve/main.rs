//! `serve` over real sockets, with an axum `Router`.
#![cfg(all(feature = "axum", feature = "serve"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests

mod broken_off;
mod client;
mod connections;
mod counted;
mod fan_out;
mod heads;
mod held;
mod idle;
mod layers;
mod mainnet;
mod ordinary;
mod responses;
mod shutdown;
#[cfg(unix)]
mod source;
#[path = "../support/mod.rs"]
mod support;
mod tools;
mod turns;
