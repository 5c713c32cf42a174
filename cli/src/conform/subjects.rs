//! The subjects of a run: started, and matched with their files of known failures.

use std::time::Duration;

use esse_conformance::builtin::Builtin;
use esse_conformance::known::Known;
use esse_conformance::process::{Oneshot, Process};
use esse_conformance::subject::{NoAnswer, Subject};

use crate::stop::say;

/// A subject, and how it was started.
pub(crate) struct Started {
    /// The subject.
    pub(crate) subject: Box<dyn Subject>,
    /// The shell command; none for the built-in pair.
    pub(crate) command: Option<String>,
    /// Whether it is run once for each stream.
    pub(crate) oneshot: bool,
}

/// The built-in pair, where no other subject is named. One that cannot be started is reported
/// and left out.
pub(crate) fn start(commands: &[String], oneshots: &[String], patience: Duration) -> Vec<Started> {
    if commands.is_empty() && oneshots.is_empty() {
        return vec![Started {
            subject: Box::new(Builtin::new()),
            command: None,
            oneshot: false,
        }];
    }
    let adapter = |command| started(command, false, Process::start(command, patience));
    let oneshot = |command| started(command, true, Oneshot::start(command, patience));
    let adapters = commands.iter().filter_map(adapter);
    adapters
        .chain(oneshots.iter().filter_map(oneshot))
        .collect()
}

fn started<S: Subject + 'static>(
    command: &String,
    oneshot: bool,
    subject: Result<S, NoAnswer>,
) -> Option<Started> {
    match subject {
        Ok(subject) => Some(Started {
            subject: Box::new(subject),
            command: Some(command.to_owned()),
            oneshot,
        }),
        Err(error) => {
            cannot_start(command, &error);
            None
        }
    }
}

fn cannot_start(command: &str, error: &NoAnswer) {
    say(format_args!("cannot start {command:?}: {error}"));
    if let NoAnswer::Lost { stderr, .. } = error {
        stderr
            .lines()
            .for_each(|line| say(format_args!("  {}", line.escape_debug())));
    }
}

/// Each file of known failures is that of one subject, by name.
pub(crate) fn check_known(known: &[Known], subjects: &[Started]) -> Result<(), String> {
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
