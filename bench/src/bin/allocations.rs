//! Counts the allocations of the parsers, in a program of its own: what counts replaces the allocator.

use clap::Parser;
use esse_bench::commands::{Options, allocs};

/// Count the allocations of the parsers.
#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() {
    allocs::run(&Cli::parse().options, |work| {
        let counted = allocation_counter::measure(work);
        (counted.count_total, counted.bytes_total)
    });
}
