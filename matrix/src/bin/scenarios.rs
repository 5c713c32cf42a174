//! Runs scenarios with browsers and other clients.

use std::process::ExitCode;

use clap::Parser;
use esse_matrix::{clients, exit};

fn main() -> ExitCode {
    exit(clients::run(&clients::Args::parse()))
}
