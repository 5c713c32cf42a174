//! Reports of runs, for people and for programs.

mod classes;
mod json;
pub mod junit;
pub mod markdown;
pub mod text;

use std::collections::BTreeMap;

use crate::runner::{Outcome, SubjectResult, VectorResult};
use crate::subject::{Origin, Role};

/// Shows bytes so that nothing is invisible, and texts in XML.
pub mod escape {
    pub use crate::escape::{escape, line, printable, quote, quote_both, xml};
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For CI systems (JUnit XML).
    Junit,
    /// A table for a README, and the failures.
    Markdown,
}

impl Format {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Text, Self::Json, Self::Junit, Self::Markdown];

    /// The name, as `--format` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
        }
    }

    /// The ending of the names of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Junit => "xml",
            Self::Markdown => "md",
        }
    }

    /// The whole report in this form.
    pub fn report(self, subjects: &[SubjectResult]) -> String {
        match self {
            Self::Text => text::report(subjects, None),
            Self::Json => json::report(subjects),
            Self::Junit => junit::report(subjects),
            Self::Markdown => markdown::report(subjects),
        }
    }
}

/// How many vectors had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tally {
    /// All vectors, including the skipped ones.
    pub vectors: usize,
    /// All cuts that were made.
    pub cuts: u64,
    /// Vectors that passed.
    pub passed: usize,
    /// Vectors that failed unexpectedly.
    pub failed: usize,
    /// Vectors that failed as the file of known failures says.
    pub known: usize,
    /// Of those that failed, known or not: the ones in which nothing is wrong but the time.
    pub late: usize,
    /// Vectors that did not fail although the file of known failures says so.
    pub stale: usize,
    /// Vectors without an answer in time.
    pub timed_out: usize,
    /// Vectors that were not sent, since the subject is known to be too slow for them.
    pub slow: usize,
    /// Vectors that were not run, since the subject was given up.
    pub not_run: usize,
    /// Vectors that the subject does not do.
    pub skipped: usize,
}

impl Tally {
    /// Counts results.
    pub fn of<'r>(results: impl IntoIterator<Item = &'r VectorResult>) -> Self {
        results.into_iter().fold(Self::default(), Self::and)
    }

    fn and(mut self, result: &VectorResult) -> Self {
        self.vectors += 1;
        self.cuts += result.cuts;
        match &result.outcome {
            Outcome::Passed { .. } => self.passed += 1,
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Known { .. } => self.known += 1,
            Outcome::Stale { .. } => self.stale += 1,
            Outcome::TimedOut(_) => self.timed_out += 1,
            Outcome::Slow { .. } => self.slow += 1,
            Outcome::NotRun { .. } => self.not_run += 1,
            Outcome::Skipped { .. } => self.skipped += 1,
        }
        let failure = result.outcome.failure();
        self.late += usize::from(failure.is_some_and(|failure| failure.late));
        self
    }

    /// The vectors that the subject was asked, but for those without an answer in time.
    fn asked(&self) -> usize {
        self.vectors - self.timed_out - self.slow - self.not_run - self.skipped
    }

    /// The vectors that are right, expected or not.
    fn right(&self) -> usize {
        self.passed + self.stale
    }
}

/// The section of the standard that a vector is about, as reports group them: its first two
/// parts, after what is asked of the subject.
fn section(result: &VectorResult) -> String {
    let spec = &result.vector.spec;
    let end = spec
        .match_indices('/')
        .nth(1)
        .map_or(spec.len(), |(at, _)| at);
    format!("{} {}", role(result), &spec[..end])
}

fn role(result: &VectorResult) -> &str {
    match &result.role {
        Role::Parser => "parse",
        Role::Encoder => "encode",
        Role::Other(role) => role,
    }
}

/// Why vectors were not run, with the number of vectors for each reason.
fn not_run(subject: &SubjectResult) -> BTreeMap<&str, usize> {
    let mut reasons = BTreeMap::new();
    for result in &subject.results {
        if let Outcome::NotRun { why } = &result.outcome {
            *reasons.entry(why.as_str()).or_default() += 1;
        }
    }
    reasons
}

/// All sections of some results, sorted, those of parsers first.
fn sections<'r>(results: impl IntoIterator<Item = &'r VectorResult>) -> Vec<String> {
    let mut sections: Vec<String> = results.into_iter().map(section).collect();
    sections.sort_by_key(|section| (section.starts_with("encode"), section.clone()));
    sections.dedup();
    sections
}

/// The command line that runs just this again.
fn rerun(subject: &SubjectResult, result: &VectorResult) -> String {
    let subject = match &subject.origin {
        Origin::InProcess => String::new(),
        Origin::Adapter(command) => format!(" --subject {}", shell_quoted(command)),
        Origin::Oneshot(command) => format!(" --oneshot {}", shell_quoted(command)),
    };
    let failure = result.outcome.failure();
    let cut = failure.and_then(|failure| failure.cut.as_ref());
    let cut = match cut.filter(|_| !subject.starts_with(" --oneshot")) {
        Some(cut) => format!(" --cut {cut}"),
        None => String::new(),
    };
    format!("esse conform{subject} --vector {}{cut}", result.vector.id)
}

/// A text as one word of a shell command.
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let rest = digits.as_bytes()[first..].chunks(3);
    let groups = std::iter::once(&digits.as_bytes()[..first])
        .filter(|group| !group.is_empty())
        .chain(rest)
        .map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let numbers = [0, 999, 1000, 12_345, 123_456, 1_234_567];
        let shown = numbers.map(grouped);
        assert_eq!(
            shown,
            ["0", "999", "1,000", "12,345", "123,456", "1,234,567"]
        );
    }

    #[test]
    fn a_command_is_quoted_for_the_shell() {
        assert_eq!(shell_quoted("a 'b' $c"), r"'a '\''b'\'' $c'");
    }
}
