//! The files of known failures that `esse conform` reads and writes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use esse_behaviour::{BehaviourResult, Described, Outcome as Behaviour};
use esse_conformance::runner::{Failure, Outcome, SubjectResult};
use esse_conformance::subject::{Known, KnownError};

use super::arguments::Args;
use crate::stop::{Stop, say};

/// Reads the files that the arguments name, and checks each.
pub(super) fn read(
    args: &Args,
    check: impl Fn(&Known) -> Result<(), KnownError>,
) -> Result<Vec<Known>, Stop> {
    let read = |path: &Path| {
        let known = Known::read(path)?;
        check(&known)?;
        Ok(known)
    };
    let named = |path: &Path| {
        read(path).map_err(|error| match error {
            KnownError::Read(error) => Stop::file(path.display(), &error),
            error => Stop::Trouble(format!("{}: {error}", path.display())),
        })
    };
    args.known.iter().map(|path| named(path)).collect()
}

/// Each file of known failures belongs to one subject, client or server, by name.
pub(super) fn match_names(known: &[Known], names: &[&str]) -> Result<(), Stop> {
    let is_there = |known: &&Known| names.contains(&known.subject.as_str());
    if let Some(Known { subject, .. }) = known.iter().find(|known| !is_there(known)) {
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        return Err(Stop::Trouble(format!(
            "known failures for {subject:?}, but no subject has that name: there is {}",
            names.join(", ")
        )));
    }
    let mut names: Vec<&str> = known.iter().map(|known| known.subject.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Stop::Trouble(format!(
            "two files of known failures for {:?}",
            pair[0]
        ))),
        None => Ok(()),
    }
}

/// Writes what failed. Reasons that are known already stay, and so does every entry of what was not
/// run; new entries begin with `TODO`.
pub(super) fn write_failed(
    path: &Path,
    earlier: &[Known],
    result: &SubjectResult,
) -> Result<(), Stop> {
    let mut known = Known {
        subject: result.info.name.clone(),
        ..Known::default()
    };
    let mut run = HashSet::new();
    for result in &result.results {
        let id = &result.vector.id;
        let (entries, reason) = match &result.outcome {
            Outcome::NotRun { .. } => continue,
            Outcome::Known { reason, .. } => (&mut known.failures, Some(reason.clone())),
            Outcome::Slow { reason } => (&mut known.slow, Some(reason.clone())),
            Outcome::Failed(failure) => (&mut known.failures, Some(to_do(failure))),
            Outcome::TimedOut(failure) => (&mut known.slow, Some(to_do(failure))),
            _ => (&mut known.failures, None),
        };
        entries.extend(reason.map(|reason| (id.clone(), reason)));
        run.insert(id.as_str());
    }
    let not_run = result.results.len() - run.len();
    if not_run > 0 {
        let path = path.display();
        say(format_args!(
            "{path} was not updated for vectors that were not run ({not_run}): see the report"
        ));
    }
    write(path, &keep_others(known, earlier, |id| run.contains(id)))
}

/// Writes what a client or a server failed, in the same way.
pub(super) fn write_behaviour<D: Described>(
    path: &Path,
    earlier: &[Known],
    result: &BehaviourResult<D>,
) -> Result<(), Stop> {
    let results = result.results.iter();
    let run = results.filter(|one| {
        !matches!(
            one.outcome,
            Behaviour::NotStarted | Behaviour::NotAsked { .. }
        )
    });
    let run: HashSet<&str> = run.map(|one| one.rule.id.as_str()).collect();
    write(
        path,
        &keep_others(result.known(), earlier, |id| run.contains(id)),
    )
}

/// The earlier entries of what was not run, beside the new ones.
fn keep_others(mut known: Known, earlier: &[Known], was_run: impl Fn(&str) -> bool) -> Known {
    let Some(earlier) = earlier.iter().find(|one| one.subject == known.subject) else {
        return known;
    };
    for (entries, earlier) in [
        (&mut known.failures, &earlier.failures),
        (&mut known.slow, &earlier.slow),
    ] {
        let others = earlier.iter().filter(|(id, _)| !was_run(id));
        entries.extend(others.map(|(id, reason)| (id.clone(), reason.clone())));
    }
    known
}

fn to_do(failure: &Failure) -> String {
    format!("TODO: {}", failure.what)
}

/// Writes a file, over an earlier one if there is one.
fn write(path: &Path, known: &Known) -> Result<(), Stop> {
    let json = serde_json::to_string_pretty(known).map_err(Stop::trouble)?;
    fs::write(path, json + "\n").map_err(|error| Stop::file(path.display(), &error))
}
