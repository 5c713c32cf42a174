//! `esse certify`: has a real browser read the streams of the golden vectors.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use esse_conformance::certify::{
    Certified, Differences, Engine, Outcome, Session, certify, differ, record,
};
use esse_conformance::suite::Suite;
use indicatif::{ProgressBar, ProgressStyle};

use super::conform::{print, seconds};
use super::stop::say;

const AFTER_HELP: &str = "\
Examples:
  esse certify --browser chromium
  esse certify --browser firefox --vector nul/
  esse certify --browser webkit --random 20000 --seed 7

Exit status:
  0  the browser reads every stream as the vector says, or as a documented deviation predicts
  1  it reads one in another way
  2  wrong arguments, or no browser; or it ended, or took too long";

/// Have a real browser read the streams of the golden vectors, and compare what it dispatches
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Engine of the browser
    #[arg(long, value_enum)]
    browser: Engine,
    /// Program of the browser, in place of the one that is installed
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Take only the vector with this ID, or those whose IDs start so. May be given more than once
    #[arg(long = "vector", value_name = "ID")]
    vectors: Vec<String>,
    /// Write what came of all vectors into this file, beside what it holds of other engines
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vectors", "random"])]
    record: Option<PathBuf>,
    /// Compare browser and parser on so many random streams, in place of the vectors
    #[arg(long, value_name = "N", conflicts_with = "vectors")]
    random: Option<usize>,
    /// Seed of the random streams
    #[arg(long, value_name = "N", default_value_t = 1, requires = "random")]
    seed: u64,
    /// How long it may take in all
    #[arg(long, value_name = "SECONDS", default_value = "1200", value_parser = seconds)]
    timeout: Duration,
}

/// Runs, prints the report to stdout, and says whether all was as expected.
pub fn run(args: &Args) -> ExitCode {
    match try_run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            say(message);
            ExitCode::from(2)
        }
    }
}

/// Whether all was as expected.
fn try_run(args: &Args) -> Result<bool, String> {
    let suite = Suite::load().map_err(text)?;
    let suite = suite.filter(&args.vectors).map_err(text)?;
    let mut session =
        Session::open(args.browser, args.program.as_deref(), args.timeout).map_err(text)?;
    match args.random {
        Some(count) => try_random(args, &mut session, count),
        None => try_vectors(args, &mut session, &suite),
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

fn try_vectors(args: &Args, session: &mut Session, suite: &Suite) -> Result<bool, String> {
    let bar = progress_bar(session.version());
    let results = certify(session, args.browser, &suite.parse, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let results = results.map_err(text)?;
    print(&report(session.version(), &results)).map_err(text)?;
    if results.iter().any(is_unexpected) {
        return Ok(false);
    }
    if let Some(file) = &args.record {
        record(file, args.browser, session.version(), &results)
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(true)
}

fn is_unexpected(result: &Certified) -> bool {
    matches!(result.outcome, Outcome::Unexpected(_))
}

fn try_random(args: &Args, session: &mut Session, count: usize) -> Result<bool, String> {
    let bar = progress_bar(session.version());
    bar.set_length(count as u64);
    let differences = differ(session, args.browser, count, args.seed, &mut |done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let differences = differences.map_err(text)?;
    print(&report_random(session.version(), &differences)).map_err(text)?;
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

/// A vector that agrees is not worth a line.
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
