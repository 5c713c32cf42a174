//! Shows many implementations side by side.

use std::process::ExitCode;

use clap::Parser;
use esse_matrix::{exit, pages};

fn main() -> ExitCode {
    exit(pages::run(pages::Args::parse()))
}
