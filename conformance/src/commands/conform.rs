//! `esse conform`: runs the golden vectors against the built-in pair or other subjects.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use esse_conformance::{
    builtin::Builtin,
    cut::{Cut, plan::Plan},
    known::Known,
    process::Process,
    report::Format,
    runner::{self, Options, SubjectResult},
    subject::{NoAnswer, Subject},
    suite::Suite,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::stop::say;

const AFTER_HELP: &str = "\
Examples:
  esse conform                                        the built-in pair
  esse conform --subject 'python3 adapter.py'         another implementation
  esse conform --vector bom/then-lf --cut 3           one vector at one cut
  esse conform --subject 'node a.mjs' --known a.json  with known failures

A cut is `whole`, `bytes`, or the positions at which the stream is split, such as `3,7,7`.

Exit status:
  0  every result is as expected
  1  a vector failed, or a known failure no longer fails
  2  wrong arguments, or a subject or file that cannot be used";

/// Run the golden vectors, cut in all ways, against the built-in parser and encoder or other
/// implementations
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Test the program that this shell command starts, which speaks the subject protocol,
    /// instead of the built-in pair. May be given more than once
    #[arg(long = "subject", value_name = "CMD")]
    subjects: Vec<String>,
    /// File of known failures, matched to its subject by name. May be given more than once
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
    /// How long to wait for each answer of a subject
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
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
pub fn run(args: Args) -> ExitCode {
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
    let mut subjects = start_all(&args.subjects, args.timeout);
    let incomplete = subjects.len() < args.subjects.len().max(1);
    if !incomplete {
        check_known(&known, &subjects)?;
    }
    let results: Vec<SubjectResult> = subjects
        .iter_mut()
        .map(|subject| run_subject(subject, &suite, &known, &options))
        .collect();
    print(&args.format.report(&results)).map_err(|error| error.to_string())?;
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

struct Started {
    subject: Box<dyn Subject>,
    command: Option<String>,
}

/// The built-in pair, where no other subject is named. One that cannot be started is reported
/// and left out.
fn start_all(commands: &[String], timeout: Duration) -> Vec<Started> {
    if commands.is_empty() {
        return vec![Started {
            subject: Box::new(Builtin::new()),
            command: None,
        }];
    }
    commands
        .iter()
        .filter_map(|command| start(command, timeout))
        .collect()
}

fn start(command: &str, timeout: Duration) -> Option<Started> {
    match Process::start(command, timeout) {
        Ok(process) => Some(Started {
            subject: Box::new(process),
            command: Some(command.to_owned()),
        }),
        Err(error) => {
            say(format_args!("cannot start {command:?}: {error}"));
            if let NoAnswer::Lost { stderr, .. } = error {
                stderr
                    .lines()
                    .for_each(|line| say(format_args!("  {}", line.escape_debug())));
            }
            None
        }
    }
}

fn check_known(known: &[Known], subjects: &[Started]) -> Result<(), Usage> {
    let is_subject = |name: &str| {
        subjects
            .iter()
            .any(|other| other.subject.info().name == name)
    };
    if let Some(known) = known.iter().find(|known| !is_subject(&known.subject)) {
        return Err(format!(
            "known failures of {:?}, which is no subject",
            known.subject
        ));
    }
    let mut names: Vec<&str> = known.iter().map(|known| known.subject.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("two files of known failures of {:?}", pair[0])),
        None => Ok(()),
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
fn print(report: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(report.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
