//! The program that measures esse beside its peers. Each command is a module of `commands`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use esse_bench::commands::{Options, corpus, count, encode, instructions, parse, scaling};
use esse_bench::{ChunkSize, Corpus};

/// esse and its peers on the same bytes, in one process, in interleaved rounds.
#[derive(Parser)]
#[command(name = "esse-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Parse each corpus in chunks of each size.
    Parse {
        #[command(flatten)]
        options: Options,
        /// Print only the ratios, one table for each.
        #[arg(long)]
        summary: bool,
        /// Print nanoseconds per event in place of GB/s.
        #[arg(long)]
        per_event: bool,
    },
    /// Encode payloads of each kind.
    Encode(Options),
    /// Parse events of 1, 4 and 16 MiB.
    Scaling(Options),
    /// Write some mebibytes of a corpus to standard output.
    Corpus {
        /// The corpus.
        corpus: Corpus,
        /// Their number.
        mebibytes: usize,
    },
    /// Run esse a number of times on 256 KiB of a corpus, or on payloads, for a profiler.
    Count {
        /// A corpus, or `encode-` and payloads.
        work: count::Work,
        /// `event`, a chunk size in bytes, or `whole`.
        #[arg(default_value = "whole")]
        chunk: ChunkSize,
        /// How often.
        #[arg(long, default_value_t = 1)]
        times: u32,
    },
    /// Count instructions per byte with callgrind; exit 1 if there are 5 % more than recorded.
    Instructions {
        /// Write the numbers instead of comparing them.
        #[arg(long)]
        record: bool,
        /// Compare also with the record of another compiler.
        #[arg(long)]
        strict: bool,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Parse {
            options,
            summary,
            per_event,
        } => parse::run(&options, summary, per_event),
        Command::Encode(options) => encode::run(&options),
        Command::Scaling(options) => scaling::run(&options),
        Command::Corpus { corpus, mebibytes } => return corpus::run(corpus, mebibytes),
        Command::Count { work, chunk, times } => count::run(work, chunk, times),
        Command::Instructions { record, strict } => return instructions::run(record, strict),
    }
    ExitCode::SUCCESS
}
