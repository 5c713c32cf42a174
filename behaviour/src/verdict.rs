//! A rule, and what was seen of it.

use std::fmt;

use esse_vectors::connect::Basis;

/// What a correct client or server does: the rule of a scenario or a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The ID of the scenario or check.
    pub id: String,
    /// The rule, in a sentence.
    pub text: String,
    /// The text that says so.
    pub source: String,
    /// What decides the outcome.
    pub basis: Basis,
}

/// How a client or a server did. Shown as a few lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What it was asked.
    pub rule: Rule,
    /// Which of several right ways it took, if the rule leaves a choice.
    pub note: Option<String>,
    /// How it differs from a correct one: nothing if it passed.
    pub differences: Vec<String>,
    /// Its program was running, but had done nothing when the time was over. That is neither right nor
    /// wrong, whatever the differences say.
    pub not_started: bool,
}

impl Verdict {
    /// Whether it did as a correct one does.
    pub fn is_passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.note {
            _ if self.not_started => write_not_started(f, &self.rule),
            _ if !self.is_passed() => write_failed(f, &self.rule, &self.differences),
            Some(note) => writeln!(f, "pass  {}: {note}", self.rule.id),
            None => writeln!(f, "pass  {}", self.rule.id),
        }
    }
}

/// What was not started in time, for people.
pub(crate) fn write_not_started(out: &mut impl fmt::Write, rule: &Rule) -> fmt::Result {
    let Rule { id, basis, .. } = rule;
    writeln!(out, "NOT STARTED {id}  ({basis})\n  {NOT_STARTED}")
}

/// Why something is neither right nor wrong, and what to do.
pub(crate) const NOT_STARTED: &str = "it made no request and printed nothing until the time was \
    over: start fewer at once (--jobs), or wait longer (--timeout)";

/// A failure, for people.
pub(crate) fn write_failed(
    out: &mut impl fmt::Write,
    rule: &Rule,
    differences: &[String],
) -> fmt::Result {
    let Rule {
        id,
        text,
        source,
        basis,
    } = rule;
    writeln!(
        out,
        "FAIL  {id}  ({basis})\n  rule    {text}\n  source  {source}"
    )?;
    for difference in differences {
        writeln!(out, "  wrong   {difference}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_which_rule_is_broken() {
        let mut verdict = Verdict {
            rule: Rule {
                id: "a/b".to_owned(),
                text: "It is so.".to_owned(),
                source: "HTML 9.2.2".to_owned(),
                basis: Basis::Standard,
            },
            note: None,
            differences: vec!["d".to_owned(), "e".to_owned()],
            not_started: false,
        };
        assert_eq!(
            verdict.to_string(),
            "FAIL  a/b  (standard)\n  rule    It is so.\n  source  HTML 9.2.2\n  wrong   d\n  wrong   e\n"
        );
        verdict.differences.clear();
        assert_eq!(verdict.to_string(), "pass  a/b\n");
        verdict.note = Some("one way".to_owned());
        assert_eq!(verdict.to_string(), "pass  a/b: one way\n");
        verdict.not_started = true;
        let text = verdict.to_string();
        assert!(
            text.starts_with("NOT STARTED a/b  (standard)\n  "),
            "{text}"
        );
    }
}
