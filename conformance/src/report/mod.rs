//! Shows what came of a run.

pub mod json;
pub mod junit;
pub mod markdown;
pub mod text;

use esse_vectors::Level;

use crate::judge::Failure;
use crate::runner::{Outcome, SubjectResult, VectorResult};
use crate::subject::Role;

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For reading.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For CI systems (JUnit XML).
    Junit,
    /// A table for a README, and what failed.
    Markdown,
}

impl Format {
    /// The report in this form.
    ///
    /// ```
    /// assert_eq!(esse_conformance::report::Format::Text.report(&[]), "");
    /// ```
    pub fn report(self, subjects: &[SubjectResult]) -> String {
        match self {
            Self::Text => text::report(subjects),
            Self::Json => json::report(subjects),
            Self::Junit => junit::report(subjects),
            Self::Markdown => markdown::report(subjects),
        }
    }
}

/// How many vectors came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// All vectors, with those skipped.
    pub vectors: usize,
    /// All cuts that were made.
    pub cuts: u64,
    /// Vectors that passed.
    pub passed: usize,
    /// Vectors that failed unexpectedly.
    pub failed: usize,
    /// Vectors that failed as the file of known failures says.
    pub known: usize,
    /// Of the failed and the known: those where events came late and nothing else was wrong.
    pub late: usize,
    /// Vectors that passed although the file of known failures says otherwise.
    pub stale: usize,
    /// Vectors that the subject does not do.
    pub skipped: usize,
}

impl Tally {
    /// Counts results.
    ///
    /// ```
    /// use esse_conformance::report::Tally;
    ///
    /// assert_eq!(Tally::of([]).vectors, 0);
    /// ```
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
            Outcome::Skipped { .. } => self.skipped += 1,
        }
        self.late += usize::from(failure(result).is_some_and(|failure| failure.late));
        self
    }

    /// The vectors that the subject was asked.
    fn asked(&self) -> usize {
        self.vectors - self.skipped
    }

    /// The vectors that are right, also where that was not expected.
    fn right(&self) -> usize {
        self.passed + self.stale
    }
}

/// How a vector failed, expected or not.
fn failure(result: &VectorResult) -> Option<&Failure> {
    match &result.outcome {
        Outcome::Failed(failure) | Outcome::Known { failure, .. } => Some(failure),
        _ => None,
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

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::May => "may",
    }
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
    let mut line = "esse conform".to_owned();
    let option = if subject.oneshot {
        "--oneshot"
    } else {
        "--subject"
    };
    if let Some(command) = &subject.command {
        line = format!("{line} {option} {}", shell_quoted(command));
    }
    line = format!("{line} --vector {}", result.vector.id);
    let cut = failure(result).and_then(|failure| failure.cut.as_ref());
    match cut.filter(|_| !subject.oneshot) {
        Some(cut) => format!("{line} --cut {cut}"),
        None => line,
    }
}

fn shell_quoted(text: &str) -> String {
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
