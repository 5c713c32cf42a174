//! Small subjects that are wrong on purpose, each in one way: the suite must catch each one, and
//! report it well.
#![allow(
    clippy::unwrap_used,
    clippy::assigning_clones,
    reason = "a test, made to be read"
)]

mod catches;
mod encoder;
mod parser;
mod readings;
mod reports;
mod subject;
