//! Starts the subjects of a run.

use std::time::Duration;

use esse_conformance::report::escape;
use esse_conformance::runner::SubjectResult;
use esse_conformance::subject::{Builtin, NoAnswer, Oneshot, Origin, Process, Subject};

use crate::stop::say;

/// A subject, or the result of one that could not be started.
pub(crate) type Started = Result<Box<dyn Subject>, Box<SubjectResult>>;

/// The built-in pair if no other subject is named. A subject that cannot be started is reported, here
/// and in its result.
pub(crate) fn start(commands: &[String], oneshots: &[String], patience: Duration) -> Vec<Started> {
    if commands.is_empty() && oneshots.is_empty() {
        return vec![Ok(Box::new(Builtin::new()))];
    }
    let adapter = |command: &String| {
        let origin = Origin::Adapter(command.clone());
        started(command, origin, Process::start(command, patience))
    };
    let oneshot = |command: &String| {
        let origin = Origin::Oneshot(command.clone());
        started(command, origin, Oneshot::start(command, patience))
    };
    let adapters = commands.iter().map(adapter);
    adapters.chain(oneshots.iter().map(oneshot)).collect()
}

fn started<S: Subject + 'static>(
    command: &str,
    origin: Origin,
    subject: Result<S, NoAnswer>,
) -> Started {
    match subject {
        Ok(subject) => Ok(Box::new(subject)),
        Err(error) => {
            cannot_start(command, &error);
            let result = SubjectResult::not_started(origin, error.to_string());
            Err(Box::new(result))
        }
    }
}

fn cannot_start(command: &str, error: &NoAnswer) {
    say(format_args!("cannot start `{command}`: {error}"));
    if let NoAnswer::TimedOut { stderr, .. } | NoAnswer::Lost { stderr, .. } = error {
        for line in stderr.lines() {
            say(format_args!("  {}", escape::printable(line)));
        }
    }
}
