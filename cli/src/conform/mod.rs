//! `esse conform`: runs the golden vectors against the built-in pair or other subjects, the scenarios
//! against clients, and the checks against servers.

mod arguments;
mod behaviour;
mod known;
mod report_file;
#[cfg(unix)]
mod signals;
mod subjects;

use std::process::ExitCode;
use std::time::Duration;

use esse_behaviour::{connect, serve};
use esse_conformance::report::{Format, text};
use esse_conformance::runner::{self, Cut, Options, SubjectResult};
use esse_conformance::smoke::smoke;
use esse_conformance::subject::{Known, Subject};
use esse_conformance::suite::Suite;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use self::arguments::Args;
use crate::nearest::nearest;
use crate::stop::{self, BAD_INPUT, Stop, TROUBLE};

/// How long to wait for each answer of a subject.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same with `--smoke`: most subjects that do not answer then do not flush their output.
const SMOKE_PATIENCE: Duration = Duration::from_secs(3);

/// Seed of the random cuts.
const SEED: u64 = 1;

/// Runs the vectors and prints the report. The exit status tells whether all is as expected.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    #[cfg(unix)]
    signals::end_all_with_us()?;
    if args.smoke {
        return run_smoke(args, args.timeout.unwrap_or(SMOKE_PATIENCE));
    }
    report_file::check_different(&args.reports, args.write_known.as_deref())?;
    for report in &args.reports {
        report.check()?;
    }
    if let Some(file) = &args.write_known {
        report_file::check(file)?;
    }
    if let Some(command) = &args.client {
        return behaviour::run_client(command, args);
    }
    if let Some(command) = &args.server {
        return behaviour::run_server(command, args);
    }
    check_programs(args)?;
    let all = Suite::load().map_err(Stop::trouble)?;
    let known = known::read(args, |known| known.check(|id| all.has(id)))?;
    let suite = filter(all, &args.vectors)?;
    check_cut(&suite, args)?;
    let patience = args.timeout.unwrap_or(PATIENCE);
    let mut subjects = subjects::start(&args.subjects, &args.oneshots, patience);
    if args.write_known.is_some() && subjects.len() > 1 {
        let why = "--write-known takes one subject: a file of known failures names only one";
        return Err(Stop::Trouble(why.to_owned()));
    }
    let incomplete = subjects.iter().any(Result::is_err);
    if !incomplete {
        let names = subjects.iter().flatten();
        let names = names.map(|subject| subject.info().name.as_str());
        known::match_names(&known, &names.collect::<Vec<_>>())?;
    }
    let options = Options {
        plan: args.plan(),
        seed: args.seed.unwrap_or(SEED),
        only: args.cut.clone(),
        jobs: args.jobs,
    };
    let results: Vec<SubjectResult> = subjects
        .iter_mut()
        .map(|subject| match subject {
            Ok(subject) => run_subject(subject.as_mut(), &suite, &known, &options),
            Err(not_started) => SubjectResult::clone(not_started),
        })
        .collect();
    report(args, &known, &results)?;
    let mut outcomes = results.iter().flat_map(|subject| &subject.results);
    Ok(if incomplete {
        ExitCode::from(TROUBLE)
    } else if outcomes.any(|result| result.outcome.is_unexpected()) {
        ExitCode::from(BAD_INPUT)
    } else {
        ExitCode::SUCCESS
    })
}

/// Checks that each adapter, driver or server's program speaks its protocol. The worst of them makes
/// the exit status.
fn run_smoke(args: &Args, timeout: Duration) -> Result<ExitCode, Stop> {
    let adapters = args.subjects.iter();
    let adapters = adapters.map(|command| smoke(command, timeout));
    let drivers = args.client.iter();
    let drivers = drivers.map(|command| connect::smoke(command, timeout));
    let servers = args.server.iter();
    let servers = servers.map(|command| serve::smoke(command, timeout));
    let mut status = 0;
    for smoke in adapters.chain(drivers).chain(servers) {
        stop::print(&smoke.report())?;
        status = status.max(match (smoke.cannot_run, smoke.is_ok()) {
            (true, _) => TROUBLE,
            (false, true) => 0,
            (false, false) => BAD_INPUT,
        });
    }
    Ok(ExitCode::from(status))
}

fn filter(all: Suite, ids: &[String]) -> Result<Suite, Stop> {
    let names: Vec<String> = all.vectors().map(|vector| vector.id.clone()).collect();
    all.filter(ids).map_err(|error| {
        let near = nearest(&error.0, names.iter().map(String::as_str));
        Stop::Trouble(format!("{error}; {near}; `esse vectors list` shows all"))
    })
}

/// Refuses what would change nothing.
fn check_programs(args: &Args) -> Result<(), Stop> {
    if !args.subjects.is_empty() {
        return Ok(());
    }
    let is_builtin = args.oneshots.is_empty();
    let why = if is_builtin && (args.jobs.is_some() || args.timeout.is_some()) {
        "the built-in pair is not a program that runs: leave out --jobs and --timeout"
    } else if !is_builtin && (args.cuts.is_some() || args.seed.is_some()) {
        "a program run with --oneshot reads each stream through a pipe, which makes no cuts; leave \
         out --cuts and --seed, or write an adapter (--subject)"
    } else {
        return Ok(());
    };
    Err(Stop::Trouble(why.to_owned()))
}

fn check_cut(suite: &Suite, args: &Args) -> Result<(), Stop> {
    let Some(cut) = &args.cut else { return Ok(()) };
    if !args.oneshots.is_empty() && *cut != Cut::Whole {
        return Err(Stop::Trouble(format!(
            "a program run with --oneshot reads each stream through a pipe, which cannot make the \
             cut {cut}; leave out --cut, or write an adapter (--subject)"
        )));
    }
    match suite.parse.iter().find(|case| !cut.fits(case.stream.len())) {
        Some(case) => Err(Stop::Trouble(format!(
            "the cut {cut} lies past the end of {}, which is {} bytes long",
            case.vector.id,
            case.stream.len()
        ))),
        None => Ok(()),
    }
}

fn run_subject(
    subject: &mut dyn Subject,
    suite: &Suite,
    known: &[Known],
    options: &Options,
) -> SubjectResult {
    let info = subject.info();
    let known = known.iter().find(|known| known.subject == info.name);
    let bar = progress_bar(suite.vectors().count(), info.title());
    let result = runner::run(subject, suite, known, options, &mut |result| {
        bar.set_message(result.vector.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    result
}

/// It is on stderr, and only if that is a terminal.
fn progress_bar(length: usize, title: String) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {wide_msg}");
    let bar = ProgressBar::new(length as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(title)
}

/// Files hold everything; the text on stdout holds the first failures of each class of bug.
fn report(args: &Args, known: &[Known], results: &[SubjectResult]) -> Result<(), Stop> {
    let printed = stop::print(&match args.format {
        Format::Text => text::report(results, Some(args.first)),
        other => other.report(results),
    });
    for file in &args.reports {
        file.write(|format| format.report(results))?;
    }
    if let (Some(path), [result @ SubjectResult { fault: None, .. }]) = (&args.write_known, results)
    {
        known::write_failed(path, known, result)?;
    }
    printed
}
