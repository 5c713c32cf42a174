//! Small servers that are wrong on purpose, each in one way: the checks must catch each one. They are
//! the example `miniature_server`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod catches;
mod reports;

use esse_testkit::example;

/// The command of a server with this fault.
fn server(fault: &str) -> String {
    let server = example("esse-behaviour", "miniature_server");
    format!("exec \"{}\" {fault}", server.display())
}
