//! Makes a real browser read the streams of the golden vectors.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use esse_conformance::suite::Suite;
use esse_matrix::certify::{
    Certified, Differences, Engine, Outcome, Session, certify, differ, record,
};
use esse_matrix::{Stop, exit};
use indicatif::{ProgressBar, ProgressStyle};

const AFTER_HELP: &str = "\
Examples:
  certify --browser chromium
  certify --browser firefox --vector nul/
  certify --browser webkit --random 20000 --seed 7

Exit status:
  0  the browser reads every stream as the vector says, or as a documented deviation predicts
  1  it reads a stream in another way
  2  wrong arguments; or the browser is not installed, ended, or took too long";

/// Makes a real browser read the streams of the golden vectors, and compares what it dispatches
#[derive(Debug, Parser)]
#[command(name = "certify", version, after_help = AFTER_HELP)]
struct Args {
    /// Engine of the browser
    #[arg(long, value_enum)]
    browser: Engine,
    /// Program of the browser, instead of the one that is installed
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Only this vector, or all whose IDs start with this; repeatable
    #[arg(long = "vector", value_name = "ID")]
    vectors: Vec<String>,
    /// Write the results of all vectors into this file, and keep what it holds of other engines
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vectors", "random"])]
    record: Option<PathBuf>,
    /// Compare browser and parser on N random streams instead of the vectors
    #[arg(long, value_name = "N", conflicts_with = "vectors")]
    random: Option<usize>,
    /// Seed of the random streams
    #[arg(long, value_name = "N", default_value_t = 1, requires = "random")]
    seed: u64,
    /// Total time limit
    #[arg(long, value_name = "SECONDS", default_value_t = 1200)]
    timeout: u64,
}

fn main() -> ExitCode {
    exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<ExitCode, Stop> {
    let suite = Suite::load()?.filter(&args.vectors)?;
    let limit = Duration::from_secs(args.timeout);
    let mut session = Session::open(args.browser, args.program.as_deref(), limit)?;
    let is_as_expected = match args.random {
        Some(count) => run_random(args, &mut session, count)?,
        None => run_vectors(args, &mut session, &suite)?,
    };
    Ok(ExitCode::from(u8::from(!is_as_expected)))
}

/// Whether each vector was read as expected.
fn run_vectors(args: &Args, session: &mut Session, suite: &Suite) -> Result<bool, Stop> {
    let bar = progress_bar(session.version());
    let results = certify(session, &suite.parse, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let results = results?;
    print!("{}", report(session.version(), &results));
    if results.iter().any(is_unexpected) {
        return Ok(false);
    }
    if let Some(file) = &args.record {
        record(file, args.browser, session.version(), &results)
            .map_err(|error| Stop::file(file, error))?;
    }
    Ok(true)
}

fn is_unexpected(result: &Certified) -> bool {
    matches!(result.outcome, Outcome::Unexpected(_))
}

/// Whether each random stream was read as the parser reads it, or as a deviation predicts.
fn run_random(args: &Args, session: &mut Session, count: usize) -> Result<bool, Stop> {
    let bar = progress_bar(session.version());
    bar.set_length(count as u64);
    let differences = differ(session, count, args.seed, &mut |done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let differences = differences?;
    print!("{}", report_random(session.version(), &differences));
    Ok(differences.unknown == 0)
}

fn progress_bar(title: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}");
    ProgressBar::new(0)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(title.to_owned())
}

fn report(version: &str, results: &[Certified]) -> String {
    let lines: String = results.iter().filter_map(line).collect();
    let count = |is: fn(&Outcome) -> bool| results.iter().filter(|one| is(&one.outcome)).count();
    let agree = count(|outcome| matches!(outcome, Outcome::Agrees));
    let deviate = count(|outcome| matches!(outcome, Outcome::Deviates(_)));
    let unexpected = results.len() - agree - deviate;
    format!(
        "{lines}{}",
        summary(version, agree, deviate, &format!("{unexpected} unexpected"))
    )
}

/// A vector on which browser and suite agree gets no line.
fn line(Certified { id, outcome }: &Certified) -> Option<String> {
    match outcome {
        Outcome::Agrees => None,
        Outcome::Deviates(names) => Some(format!("{id}: {}\n", names.join(", "))),
        Outcome::Unexpected(how) => Some(format!("UNEXPECTED {id}\n{how}\n")),
    }
}

fn report_random(version: &str, differences: &Differences) -> String {
    let deviate = differences.deviate.iter();
    let deviate = deviate.map(|(names, count)| format!("{count} by {}\n", names.join(", ")));
    let new = differences.shown.iter().map(|how| format!("NEW {how}\n"));
    let lines: Vec<String> = deviate.chain(new).collect();
    let known = differences.deviate.values().sum();
    let rest = format!("{} new", differences.unknown);
    let summary = summary(version, differences.agree, known, &rest);
    lines.concat() + &summary
}

fn summary(version: &str, agree: usize, deviate: usize, rest: &str) -> String {
    format!("{version}: {agree} agree, {deviate} deviate as documented, {rest}\n")
}
