//! `esse conform`: runs the golden vectors against the built-in pair or other subjects.

mod report_file;
mod smoke;
mod subjects;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use esse_conformance::cut::Cut;
use esse_conformance::cut::plan::Plan;
use esse_conformance::known::Known;
use esse_conformance::report::Format;
use esse_conformance::runner::{self, Options, SubjectResult};
use esse_conformance::suite::Suite;
use indicatif::{ProgressBar, ProgressStyle};

use self::report_file::ReportFile;
use self::subjects::Started;
use crate::stop::say;

/// How long to wait for a subject, and with `--smoke`: there it is mostly one that buffers.
const PATIENCE: Duration = Duration::from_secs(10);
const SMOKE_PATIENCE: Duration = Duration::from_secs(3);

const AFTER_HELP: &str = "\
Examples:
  esse conform                                        the built-in pair
  esse conform --subject 'python3 adapter.py'         another implementation
  esse conform --vector bom/then-lf --cut 3           one vector at one cut
  esse conform --subject 'node a.mjs' --known a.json  with known failures
  esse conform --subject 'node a.mjs' --smoke         only whether it speaks the protocol
  esse conform --oneshot './decode'                   stream on stdin, events as JSON lines
  esse conform --report out.xml --report out.md       reports for CI, beside the one to read

A cut is `whole`, `bytes`, or the positions at which the stream is split, such as `3,7,7`.

Exit status:
  0  every result is as expected
  1  a vector failed, a known failure no longer fails, or the protocol is not kept
  2  wrong arguments, or a subject or file that cannot be used";

/// Run the golden vectors, cut in all ways, against the built-in parser and encoder or other
/// implementations
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Test the program that this shell command starts, which speaks the subject protocol,
    /// instead of the built-in pair. May be given more than once
    #[arg(long = "subject", value_name = "CMD")]
    subjects: Vec<String>,
    /// Test the program that this shell command runs: it reads a stream on stdin and writes what
    /// `esse decode` does. It is run once for each stream, so no cuts are made. May be given more
    /// than once
    #[arg(long = "oneshot", value_name = "CMD")]
    oneshots: Vec<String>,
    /// Only check, in about a second, whether each subject speaks the protocol; say what is wrong
    /// and what to do
    #[arg(
        long,
        requires = "subjects",
        conflicts_with_all = ["oneshots", "known", "format", "reports", "vectors", "cut", "cuts", "seed"]
    )]
    smoke: bool,
    /// File of known failures, matched to its subject by name. May be given more than once
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write a report into this file too, in the form that its ending names: .txt, .json, .xml
    /// (JUnit) or .md. May be given more than once
    #[arg(long = "report", value_name = "FILE", value_parser = report_file::parse)]
    reports: Vec<ReportFile>,
    /// Run only the vector with this ID, or those whose IDs start so. May be given more than once
    #[arg(long = "vector", value_name = "ID")]
    vectors: Vec<String>,
    /// Make only this cut
    #[arg(long, value_name = "CUT")]
    cut: Option<Cut>,
    /// How many cuts to make
    #[arg(long, value_enum, default_value_t)]
    cuts: Plan,
    /// Seed of the random cuts
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long to wait for each answer of a subject, or for each run of a oneshot; 10 seconds by
    /// default, 3 with --smoke
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if seconds > 0.0 {
        Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
    } else {
        Err("must be more than 0".to_owned())
    }
}

/// What keeps a run from starting.
type Usage = String;

/// Runs, prints the report to stdout, and says whether all was as expected.
pub(crate) fn run(args: Args) -> ExitCode {
    if args.smoke {
        return smoke::run(&args.subjects, args.timeout.unwrap_or(SMOKE_PATIENCE));
    }
    match conform(args) {
        Ok(Run {
            unexpected: false,
            incomplete: false,
        }) => ExitCode::SUCCESS,
        Ok(Run {
            incomplete: true, ..
        }) => ExitCode::from(2),
        Ok(_) => ExitCode::FAILURE,
        Err(usage) => {
            say(usage);
            ExitCode::from(2)
        }
    }
}

struct Run {
    unexpected: bool,
    /// A subject could not be started.
    incomplete: bool,
}

fn conform(args: Args) -> Result<Run, Usage> {
    let all = Suite::load().map_err(|error| error.to_string())?;
    let known = read_known(&args.known, &all)?;
    let suite = all
        .filter(&args.vectors)
        .map_err(|error| error.to_string())?;
    let options = Options {
        plan: args.cuts,
        seed: args.seed,
        only: args.cut,
    };
    check_cut(&suite, options.only.as_ref())?;
    check_oneshot(&args.oneshots, options.only.as_ref())?;
    let patience = args.timeout.unwrap_or(PATIENCE);
    let mut subjects = subjects::start(&args.subjects, &args.oneshots, patience);
    let incomplete = subjects.len() < (args.subjects.len() + args.oneshots.len()).max(1);
    if !incomplete {
        subjects::check_known(&known, &subjects)?;
    }
    let results: Vec<SubjectResult> = subjects
        .iter_mut()
        .map(|subject| run_subject(subject, &suite, &known, &options))
        .collect();
    print(&args.format.report(&results)).map_err(|error| error.to_string())?;
    for file in &args.reports {
        file.write(&results)?;
    }
    let mut outcomes = results.iter().flat_map(|subject| &subject.results);
    let unexpected = outcomes.any(|result| result.outcome.is_unexpected());
    Ok(Run {
        unexpected,
        incomplete,
    })
}

fn read_known(paths: &[PathBuf], all: &Suite) -> Result<Vec<Known>, Usage> {
    let read = |path: &PathBuf| {
        let known = Known::read(path)?;
        known.check(|id| all.has(id))?;
        Ok(known)
    };
    paths
        .iter()
        .map(|path| {
            read(path).map_err(|error: esse_conformance::known::KnownError| {
                format!("{}: {error}", path.display())
            })
        })
        .collect()
}

fn check_cut(suite: &Suite, only: Option<&Cut>) -> Result<(), Usage> {
    let Some(cut) = only else { return Ok(()) };
    match suite.parse.iter().find(|case| !cut.fits(case.stream.len())) {
        Some(case) => Err(format!(
            "the cut {cut} lies past the end of {}, which is {} bytes long",
            case.vector.id,
            case.stream.len()
        )),
        None => Ok(()),
    }
}

/// Nobody can cut what goes through a pipe.
fn check_oneshot(oneshots: &[String], only: Option<&Cut>) -> Result<(), Usage> {
    match only {
        Some(cut) if !oneshots.is_empty() && *cut != Cut::Whole => Err(format!(
            "a oneshot reads each stream through a pipe, which cannot make the cut {cut}; leave \
             out --cut, or write an adapter (--subject)"
        )),
        _ => Ok(()),
    }
}

fn run_subject(
    started: &mut Started,
    suite: &Suite,
    known: &[Known],
    options: &Options,
) -> SubjectResult {
    let subject = started.subject.as_mut();
    let known = known
        .iter()
        .find(|known| known.subject == subject.info().name);
    let bar = progress_bar(suite, subject.info().title());
    let result = runner::run(subject, suite, known, options, &mut |result| {
        bar.set_message(result.vector.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    SubjectResult {
        command: started.command.clone(),
        oneshot: started.oneshot,
        ..result
    }
}

/// On stderr, and only where that is a terminal.
fn progress_bar(suite: &Suite, title: String) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {wide_msg}");
    let bar = ProgressBar::new((suite.parse.len() + suite.encode.len()) as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(title)
}

/// Whoever reads the report may stop reading.
pub(crate) fn print(report: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(report.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
