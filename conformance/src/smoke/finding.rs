//! What a smoke test finds, and how it is shown to people.

use std::fmt;

use super::answer::Members;
use crate::escape;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The subject breaks the protocol.
    Wrong,
    /// It does not, but this is hardly intended.
    Note,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in a sentence.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// What was `sent`, the `got` answer, the end of its `stderr`: names and lines, shortened.
    pub shown: Vec<(&'static str, String)>,
}

impl Finding {
    /// A breach of the protocol.
    pub fn wrong(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Wrong,
            what: what.into(),
            remedy: remedy.into(),
            shown: Vec::new(),
        }
    }

    /// Something that is hardly intended.
    pub fn note(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::wrong(what, remedy)
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.severity == Severity::Wrong
    }

    /// Adds the command, stream or block that led to it.
    pub(super) fn sent(mut self, what: String) -> Self {
        self.shown.insert(0, ("sent", what));
        self
    }

    /// Adds the line that the program wrote.
    #[must_use]
    pub fn got(mut self, line: &[u8]) -> Self {
        let line = escape::line(line.trim_ascii_end());
        self.shown.push(("got", line));
        self
    }

    /// Adds the answer of the subject.
    pub(super) fn answered(self, answer: &Members) -> Self {
        self.got(&serde_json::to_vec(answer).unwrap_or_default())
    }

    /// Adds the end of what the program wrote to stderr.
    #[must_use]
    pub fn stderr(mut self, text: &str) -> Self {
        let lines = text.lines().map(escape::printable);
        self.shown.extend(lines.map(|line| ("stderr", line)));
        self
    }

    pub(super) fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let title = if self.is_wrong() { "wrong" } else { "note" };
        let remedy = (!self.remedy.is_empty()).then_some(("do", &self.remedy));
        let shown = self.shown.iter().map(|(name, line)| (*name, line));
        for (name, line) in [(title, &self.what)].into_iter().chain(remedy).chain(shown) {
            writeln!(out, "         {name:<6} {line}")?;
        }
        Ok(())
    }
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was tried.
    pub name: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Something that an earlier check found is wrong here too.
    pub repeated: bool,
}

impl Check {
    pub(super) fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let is_wrong = self.repeated || self.findings.iter().any(Finding::is_wrong);
        let word = if is_wrong { "WRONG" } else { "ok" };
        let again = if self.repeated { " (as above)" } else { "" };
        writeln!(out, "{word:<6} {}{again}", self.name)?;
        self.findings
            .iter()
            .try_for_each(|finding| finding.write(out))
    }
}
