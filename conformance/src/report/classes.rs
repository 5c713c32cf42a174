//! Groups failures by class of bug, so that hundreds of them can be read.
//!
//! Most vectors have several flags, and each flag is a class of bugs. A failure is counted in one
//! class only: of those that fit it, the one that explains most, which is the one of whose vectors most
//! fail.

use std::collections::BTreeMap;

use esse_vectors::Note;

use super::section;
use crate::runner::{Cut, Outcome, SubjectResult, VectorResult};

/// The class of failures in which nothing is wrong but the time.
const LATE: &str = "Prompt";
/// Classes of bugs that do not show in a stream that comes whole.
const ABOUT_CHUNKS: [&str; 4] = ["BomCut", "ChunkBorder", "CrLfSplit", "Utf8Cut"];

/// A class of bugs, and the failures that it explains.
pub(super) struct Class<'r> {
    /// The flag, or the section for vectors without a flag that fits.
    pub(super) name: String,
    /// The bug, and what goes wrong for users.
    pub(super) note: Option<Note>,
    /// The vectors, never none, in the order of the suite.
    pub(super) failed: Vec<&'r VectorResult>,
}

impl<'r> Class<'r> {
    /// The failure that is the least to read.
    pub(super) fn smallest(&self) -> Option<&'r VectorResult> {
        let length = |result: &&VectorResult| {
            let failure = result.outcome.failure();
            failure.map_or(0, |failure| failure.input.len() + failure.what.len())
        };
        self.failed.iter().copied().min_by_key(length)
    }
}

/// The unexpected failures by class, large classes first.
pub(super) fn classes(subject: &SubjectResult) -> Vec<Class<'_>> {
    let is_failed = |result: &&VectorResult| matches!(result.outcome, Outcome::Failed(_));
    let mut rest: Vec<&VectorResult> = subject.results.iter().filter(is_failed).collect();
    let of_flag = count(subject.results.iter().flat_map(all_flags));
    // A broken file of vectors has stopped the run long before.
    let mut notes = esse_vectors::notes().unwrap_or_default();
    let mut classes = Vec::new();
    while let Some(flag) = most_telling(&rest, &of_flag) {
        let (failed, others) = rest
            .into_iter()
            .partition(|result| fitting(result).contains(&flag.as_str()));
        rest = others;
        classes.push(Class {
            note: notes.remove(&flag),
            name: flag,
            failed,
        });
    }
    let mut sections: BTreeMap<String, Vec<&VectorResult>> = BTreeMap::new();
    for result in rest {
        sections.entry(section(result)).or_default().push(result);
    }
    classes.extend(sections.into_iter().map(|(name, failed)| Class {
        name,
        note: None,
        failed,
    }));
    classes.sort_by_key(|class| std::cmp::Reverse(class.failed.len()));
    classes
}

fn all_flags(result: &VectorResult) -> impl Iterator<Item = &str> {
    result.vector.flags.iter().map(String::as_str)
}

/// The flags of the classes that can explain what went wrong.
fn fitting(result: &VectorResult) -> Vec<&str> {
    let failure = result.outcome.failure();
    if failure.is_some_and(|failure| failure.late) {
        return vec![LATE];
    }
    let is_whole = failure.is_some_and(|failure| failure.cut == Some(Cut::Whole));
    let fits = |flag: &&str| *flag != LATE && !(is_whole && ABOUT_CHUNKS.contains(flag));
    all_flags(result).filter(fits).collect()
}

fn count<'r>(flags: impl Iterator<Item = &'r str>) -> BTreeMap<&'r str, usize> {
    let mut counts = BTreeMap::new();
    for flag in flags {
        *counts.entry(flag).or_default() += 1;
    }
    counts
}

/// The flag with the most failures, weighted by the share of its vectors that fail.
fn most_telling(failed: &[&VectorResult], of_flag: &BTreeMap<&str, usize>) -> Option<String> {
    let counts = count(failed.iter().flat_map(|result| fitting(result)));
    // A vector can be late without a flag that says so.
    let all = |flag: &str, failed: usize| of_flag.get(flag).map_or(failed, |all| failed.max(*all));
    let weight = |flag: &str, failed: usize| failed * failed * 1000 / all(flag, failed);
    let best = counts
        .iter()
        .max_by_key(|(flag, failed)| weight(flag, **failed));
    best.map(|(flag, _)| (*flag).to_owned())
}
