//! Runs the exported web-platform-tests in browsers.

use std::process::ExitCode;

use clap::Parser;
use esse_matrix::{exit, wpt};

fn main() -> ExitCode {
    exit(wpt::run(&wpt::Args::parse()))
}
