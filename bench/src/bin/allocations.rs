//! The command `allocs`, in a program of its own: what counts replaces the allocator.

use clap::{Parser, Subcommand};
use esse_bench::commands::{Options, allocs};

/// Counts the allocations of the parsers.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Count the allocations of the parsers.
    Allocs(Options),
}

fn main() {
    let Command::Allocs(options) = Cli::parse().command;
    allocs::run(&options, |work| {
        let counted = allocation_counter::measure(work);
        (counted.count_total, counted.bytes_total)
    });
}
