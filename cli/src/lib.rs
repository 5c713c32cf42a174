//! The `esse` program. Each command is a module with its arguments (`Args`) and `run`.
//!
//! This library exists for the program and for the fuzz targets of its repository. It promises
//! no stable interface.

mod completions;
mod conform;
mod counted;
mod decode;
mod encode;
mod event_json;
#[cfg(feature = "net")]
mod get;
mod input;
pub mod json_lines;
mod looks;
mod man;
#[cfg(feature = "net")]
mod masks;
mod nearest;
mod over_limit;
#[cfg(feature = "net")]
mod phrases;
#[cfg(feature = "net")]
mod probe;
#[cfg(feature = "net")]
mod record;
mod recording;
#[cfg(feature = "net")]
mod replay;
#[cfg(feature = "net")]
mod request;
#[cfg(feature = "net")]
mod runtime;
#[cfg(feature = "net")]
mod serve;
mod stop;
mod subject;
#[cfg(feature = "net")]
mod time;
#[cfg(feature = "net")]
mod unread;
mod vectors;
mod watched;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use crate::stop::Stop;

const EXAMPLES: &str = r#"Examples:
  curl -fsN https://example.com/events | esse decode | jq -r .data
  esse get https://example.com/events           events as JSON lines, and stay connected
  esse probe https://example.com/events         what is wrong with a deployment?
  printf '%s\n' '{"event":"ping","data":"x"}' | esse encode
  esse conform                                  test the built-in parser and encoder
  esse conform --subject 'node adapter.mjs'     test another implementation
  esse vectors explain bom/then-lf              read one test vector"#;

const AFTER_HELP: &str = "\
Exit status:
  0  success (also if the reader of the output closed the pipe)
  1  the input is bad, or a test did not come out as expected
  2  wrong arguments, or a file that cannot be read or written
  3  get, record: the stream was cut off; serve: a client does not have everything
  4  get, record, probe: no answer came
  130, 143  stopped with Ctrl-C or SIGTERM: conform, probe; by a second one: get, record, replay

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html";

/// Event streams (server-sent events), exact to the byte: decode them, encode them, and test any
/// implementation against the golden vectors of the WHATWG standard.
#[derive(Parser)]
#[command(
    name = "esse",
    version,
    before_help = EXAMPLES,
    after_help = AFTER_HELP,
    disable_help_flag = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    // That of clap prints long texts, of several screens; `esse help COMMAND` does that here.
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, global = true, display_order = 1000)]
    help: Option<bool>,
}

#[derive(Subcommand)]
enum Command {
    Completions(completions::Args),
    Conform(Box<conform::Args>),
    Decode(decode::Args),
    Encode(encode::Args),
    #[cfg(feature = "net")]
    Get(Box<get::Args>),
    Man(man::Args),
    #[cfg(feature = "net")]
    Probe(Box<probe::Args>),
    #[cfg(feature = "net")]
    Record(Box<record::Args>),
    #[cfg(feature = "net")]
    Replay(Box<replay::Args>),
    #[cfg(feature = "net")]
    Serve(serve::Args),
    Subject(subject::Args),
    Vectors(vectors::Args),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return stop::exit(help_or_usage(&error)),
    };
    stop::exit(match command {
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Conform(args) => conform::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Encode(args) => encode::run(&args),
        #[cfg(feature = "net")]
        Command::Get(args) => get::run(&args),
        Command::Man(args) => man::run(&args, Cli::command()),
        #[cfg(feature = "net")]
        Command::Probe(args) => probe::run(&args),
        #[cfg(feature = "net")]
        Command::Record(args) => record::run(&args),
        #[cfg(feature = "net")]
        Command::Replay(args) => replay::run(&args),
        #[cfg(feature = "net")]
        Command::Serve(args) => serve::run(&args),
        Command::Subject(_) => subject::run(),
        Command::Vectors(args) => vectors::run(&args),
    })
}

/// Prints the help that was asked for on stdout, and what is wrong with the arguments on stderr.
fn help_or_usage(error: &clap::Error) -> Result<ExitCode, Stop> {
    let printed = error.print().and_then(|()| io::stdout().flush());
    if error.use_stderr() {
        return Ok(ExitCode::from(stop::TROUBLE));
    }
    match printed {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Stop::writing(&error)),
    }
}
