//! The `esse` program from the outside: what it reads and writes, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod captures;
mod decode;
mod encode;
mod export;
mod files;
#[cfg(unix)]
mod get;
mod help;
mod live;
mod program;
#[cfg(unix)]
mod record;
#[cfg(unix)]
mod replay;
mod round_trip;
#[cfg(unix)]
mod serve;
mod vectors;
