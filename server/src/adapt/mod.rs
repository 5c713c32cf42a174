//! What ties the server to other crates: one file and one feature each.

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "redis")]
pub mod redis;
