//! `RedisLog` with a real redis-server, which each test starts for itself on a port of its own.
#![cfg(all(unix, feature = "redis"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests

mod append;
#[path = "../support/mod.rs"]
mod common;
#[cfg(feature = "axum")]
mod esse_client;
mod feed;
mod gaps;
mod moves;
mod processes;
mod replay;
mod restarts;
mod support;
