//! `esse certify`: has a real browser read the streams of the golden vectors.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use esse_conformance::{
    certify::{Certified, Engine, Outcome, Session, certify},
    suite::Suite,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    conform::{print, seconds},
    stop::say,
};

const AFTER_HELP: &str = "\
Examples:
  esse certify --browser chromium
  esse certify --browser firefox --vector nul/

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

fn try_run(args: &Args) -> Result<bool, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let suite = Suite::load().map_err(|error| text(&error))?;
    let suite = suite.filter(&args.vectors).map_err(|error| text(&error))?;
    let mut session = Session::open(args.browser, args.program.as_deref(), args.timeout)
        .map_err(|error| text(&error))?;
    let bar = progress_bar(session.version().to_owned());
    let results = certify(&mut session, args.browser, &suite.parse, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let results = results.map_err(|error| text(&error))?;
    print(&report(session.version(), &results)).map_err(|error| text(&error))?;
    let unexpected = |result: &Certified| matches!(result.outcome, Outcome::Unexpected(_));
    Ok(!results.iter().any(unexpected))
}

fn progress_bar(title: String) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}");
    ProgressBar::new(0)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(title)
}

fn report(version: &str, results: &[Certified]) -> String {
    let mut lines = String::new();
    let (mut agree, mut deviate, mut unexpected) = (0, 0, 0);
    for Certified { id, outcome } in results {
        match outcome {
            Outcome::Agrees => agree += 1,
            Outcome::Deviates(names) => {
                deviate += 1;
                lines += &format!("{id}: {}\n", names.join(", "));
            }
            Outcome::Unexpected(how) => {
                unexpected += 1;
                lines += &format!("UNEXPECTED {id}\n{how}\n");
            }
        }
    }
    format!("{lines}{version}: {agree} agree, {deviate} deviate as documented, {unexpected} unexpected\n")
}
