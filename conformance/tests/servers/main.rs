//! Small servers that are wrong on purpose, each in one way: the checks must catch each one. They are
//! the example `miniature_server`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod catches;
