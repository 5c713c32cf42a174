//! The `esse` program. Each command is a module with its arguments (`Args`) and `run`.
//!
//! This library exists for the program and for the fuzz targets of its repository. It promises
//! no stable interface.

#[allow(unreachable_pub)]
#[path = "../../conformance/src/commands/certify.rs"]
mod certify;
mod conform;
mod decode;
mod encode;
mod event_json;
mod input;
pub mod json_lines;
#[allow(unreachable_pub)]
#[path = "../../conformance/src/commands/matrix/mod.rs"]
mod matrix;
mod stop;
mod subject;
mod vectors;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const SUBJECT_EXAMPLES: &str = "\
Examples:
  esse conform --subject 'esse subject'         the built-in pair, tested as others are
  echo '{\"cmd\":\"start\",\"version\":1}' | esse subject";

const EXAMPLES: &str = "\
Examples:
  esse conform                                  test the built-in parser and encoder
  esse conform --subject 'node adapter.mjs'     test another implementation
  curl -N https://example.com/events | esse decode | jq .data
  echo '{\"event\":\"ping\",\"data\":\"x\"}' | esse encode
  esse certify --browser firefox                have a real browser read the vectors
  esse vectors explain bom/then-lf              read one test vector

Exit status:
  0  all is well; also when the reader of the output went away
  1  the input is bad, or a test came out other than expected
  2  wrong arguments, or a file that cannot be read or written

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html";

/// Event streams (server-sent events), exact to the byte: decode them, encode them, and test any
/// implementation against the golden vectors of the WHATWG standard.
#[derive(Parser)]
#[command(name = "esse", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Certify(certify::Args),
    Conform(conform::Args),
    Decode(decode::Args),
    Encode(encode::Args),
    Matrix(matrix::Args),
    #[command(after_help = SUBJECT_EXAMPLES)]
    Subject(subject::Args),
    Vectors(vectors::Args),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Certify(args) => certify::run(&args),
        Command::Conform(args) => conform::run(args),
        Command::Decode(args) => decode::run(&args),
        Command::Encode(args) => encode::run(&args),
        Command::Matrix(args) => matrix::run(args),
        Command::Subject(args) => subject::run(args),
        Command::Vectors(args) => vectors::run(&args),
    }
}
