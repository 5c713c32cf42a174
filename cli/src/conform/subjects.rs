//! Starts the subjects of a run.

use std::time::Duration;

use esse_conformance::report::escape;
use esse_conformance::subject::{Builtin, NoAnswer, Oneshot, Process, Subject};

use crate::stop::say;

/// The built-in pair if no other subject is named. A subject that cannot be started is reported
/// and left out.
pub(crate) fn start(
    commands: &[String],
    oneshots: &[String],
    patience: Duration,
) -> Vec<Box<dyn Subject>> {
    if commands.is_empty() && oneshots.is_empty() {
        return vec![Box::new(Builtin::new())];
    }
    let adapter = |command: &String| started(command, Process::start(command, patience));
    let oneshot = |command: &String| started(command, Oneshot::start(command, patience));
    let adapters = commands.iter().filter_map(adapter);
    adapters
        .chain(oneshots.iter().filter_map(oneshot))
        .collect()
}

fn started<S: Subject + 'static>(
    command: &str,
    subject: Result<S, NoAnswer>,
) -> Option<Box<dyn Subject>> {
    let report = |error: &NoAnswer| cannot_start(command, error);
    let subject = subject.inspect_err(report).ok()?;
    Some(Box::new(subject))
}

fn cannot_start(command: &str, error: &NoAnswer) {
    say(format_args!("cannot start `{command}`: {error}"));
    if let NoAnswer::TimedOut { stderr, .. } | NoAnswer::Lost { stderr, .. } = error {
        for line in stderr.lines() {
            say(format_args!("  {}", escape::printable(line)));
        }
    }
}
