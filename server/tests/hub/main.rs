//! The hub and its subscribers, without a network.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod at_the_log_end;
mod authorize;
mod bounds;
mod evicted;
mod fell_behind;
mod gap;
mod guard;
mod held;
mod history;
mod hub_as_log;
mod keep_alive;
mod metrics;
mod polling;
mod publish;
mod resolve;
mod response;
mod shutdown;
mod sink;
mod source;
mod wakers;
