//! What the tests share.

mod meddler;
mod node;
mod server;

pub(crate) use esse_testkit::Random;
pub(crate) use meddler::Meddler;
pub(crate) use node::{Client, GAP, Node, Seen, close_if_behind, data, go_on, pages_are_old};
#[cfg(feature = "axum")]
pub(crate) use server::free_port;
pub(crate) use server::{KEY, Redis, Stored, asking_until};
