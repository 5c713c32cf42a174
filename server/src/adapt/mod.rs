//! What ties the server to other crates: one file and one feature each.

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "axum")]
pub use axum::LastEventId;
#[cfg(feature = "hyper")]
pub use hyper::Joined;
#[cfg(feature = "redis")]
pub use redis::RedisLog;
