//! The `esse` program from the outside: what it reads and writes, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod captures;
mod decode;
mod encode;
mod export;
mod files;
#[cfg(all(unix, feature = "net"))]
mod get;
mod help;
mod live;
#[cfg(all(unix, feature = "net"))]
mod probe;
mod program;
#[cfg(all(unix, feature = "net"))]
mod record;
#[cfg(all(unix, feature = "net"))]
mod replay;
mod round_trip;
#[cfg(all(unix, feature = "net"))]
mod serve;
#[cfg(all(unix, feature = "net"))]
mod state;
#[cfg(all(unix, feature = "net"))]
mod unread;
mod vectors;
mod wpt;
