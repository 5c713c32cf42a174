//! The export `esse vectors export --format wpt` in browsers: the tests that fail must be those for
//! which a deviation of the engine is recorded, and no others.
//!
//! The tests are served with wptserve, as in their own project. `local` has what that project gives
//! them beside it.

mod compare;
mod expected;
mod pages;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use self::compare::{Results, compare};
use self::expected::{Expected, Exported};
use self::pages::Pages;
use crate::Stop;
use crate::certify::Engine;

/// How often pages are run again that have unexpected results: a busy machine may have been late.
const AGAIN: usize = 1;

const AFTER_HELP: &str = "\
Example:
  esse vectors export --format wpt DIR
  wpt --browser chromium --testharness testharness.js DIR

Exit status:
  0  in each browser, exactly those tests fail for which a deviation is recorded
  1  other tests fail, or pass
  2  wrong arguments, or a browser or wptserve is not installed or ended";

/// Run exported web-platform-tests in browsers, and compare the failures with the recorded deviations
#[derive(Debug, Parser)]
#[command(name = "wpt", version, after_help = AFTER_HELP)]
pub struct Args {
    /// Engine of a browser; repeatable
    #[arg(long = "browser", value_enum, value_name = "ENGINE", required = true)]
    browsers: Vec<Engine>,
    /// A Python that has wptserve
    #[arg(long, value_name = "FILE", default_value = "python3")]
    python: PathBuf,
    /// testharness.js of web-platform-tests
    #[arg(long, value_name = "FILE")]
    testharness: PathBuf,
    /// How browsers read the vectors
    #[arg(
        long,
        value_name = "FILE",
        default_value = "spec-vectors/certified.json"
    )]
    certified: PathBuf,
    /// How browsers differ from the scenarios
    #[arg(long, value_name = "FILE", default_value = "matrix/clients.json")]
    clients: PathBuf,
    /// Only pages whose name begins with this, such as `parse-bom`; repeatable
    #[arg(long = "page", value_name = "NAME")]
    pages: Vec<String>,
    /// The folder of the export
    dir: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or a browser or server that cannot be had.
pub fn run(args: &Args) -> Result<ExitCode, Stop> {
    let exported = Exported::read(&args.dir, &args.pages)?;
    let mut is_as_recorded = true;
    for engine in &args.browsers {
        let expected = Expected::of(*engine, &args.certified, &args.clients)?;
        let mut pages = Pages::open(*engine, args)?;
        let mut results = Results::default();
        let mut unexpected = compare(&exported, &expected, &results);
        for _ in 0..=AGAIN {
            if unexpected.is_empty() {
                break;
            }
            results.extend(pages.run(&unexpected.pages())?);
            unexpected = compare(&exported, &expected, &results);
        }
        is_as_recorded &= unexpected.is_empty();
        print!("{unexpected}");
        println!(
            "{}: {}",
            pages.version(),
            results.summary(&exported, &expected)
        );
    }
    Ok(ExitCode::from(u8::from(!is_as_recorded)))
}
