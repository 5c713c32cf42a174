//! The results of a client or a server: the verdicts, beside what is known of it.

use esse_conformance::subject::Known;

use crate::described::Described;
use crate::pace::Pace;
use crate::verdict::{Rule, Verdict};

/// How one scenario or check came out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<O> {
    /// It did as a correct one does.
    Passed {
        /// Which of several right ways it took, if the rule leaves a choice.
        note: Option<String>,
    },
    /// It did not.
    Failed {
        /// How it differs from a correct one, in sentences.
        differences: Vec<String>,
    },
    /// It did not, as the file of known failures says.
    Known {
        /// How it differs from a correct one, in sentences.
        differences: Vec<String>,
        /// The reason that the file gives.
        reason: String,
    },
    /// It did, although the file of known failures says that it does not.
    Stale {
        /// The reason that the file gives.
        reason: String,
    },
    /// Its program was running, but had done nothing when the time was over. That is neither right nor
    /// wrong, known or not.
    NotStarted,
    /// It was not asked, because it lacks these options.
    NotAsked {
        /// The options.
        missing: Vec<O>,
    },
}

impl<O> Outcome<O> {
    fn of(verdict: Verdict, reason: Option<&String>) -> Self {
        if verdict.not_started {
            return Self::NotStarted;
        }
        let is_passed = verdict.is_passed();
        let Verdict {
            note, differences, ..
        } = verdict;
        match (is_passed, reason.cloned()) {
            (true, None) => Self::Passed { note },
            (true, Some(reason)) => Self::Stale { reason },
            (false, None) => Self::Failed { differences },
            (false, Some(reason)) => Self::Known {
                differences,
                reason,
            },
        }
    }

    /// Whether it makes the run fail.
    pub fn is_unexpected(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. } | Self::Stale { .. } | Self::NotStarted
        )
    }

    /// How it differs from a correct one, known or not.
    pub fn differences(&self) -> &[String] {
        match self {
            Self::Failed { differences } | Self::Known { differences, .. } => differences,
            Self::Passed { .. } | Self::Stale { .. } | Self::NotStarted | Self::NotAsked { .. } => {
                &[]
            }
        }
    }
}

/// The result of one scenario or check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleResult<O> {
    /// What was asked.
    pub rule: Rule,
    /// How it came out.
    pub outcome: Outcome<O>,
}

/// The results of all scenarios for one client, or of all checks for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BehaviourResult<D: Described> {
    /// What it says about itself.
    pub info: D,
    /// The shell command that starts its program.
    pub command: String,
    /// The scenarios or checks, in their order.
    pub results: Vec<RuleResult<D::Option>>,
}

impl<D: Described> BehaviourResult<D> {
    /// Asks a client or a server everything for which it has the options, with
    /// [`run`](Described::run), and compares the failures with the known ones. An entry for something
    /// that is not asked is ignored.
    pub fn of(
        info: D,
        command: &str,
        items: &[D::Item],
        known: Option<&Known>,
        pace: impl Into<Pace>,
        progress: &mut dyn FnMut(&Verdict),
    ) -> Self {
        let asked = items.iter().filter(|item| info.lacks(item).is_empty());
        let asked: Vec<D::Item> = asked.cloned().collect();
        let mut verdicts = D::run(command, &asked, pace.into(), progress)
            .into_iter()
            .peekable();
        let results = items.iter().map(|item| {
            let (rule, missing) = (D::rule(item), info.lacks(item));
            let verdict = verdicts.next_if(|_| missing.is_empty());
            let reason = known.and_then(|known| known.failures.get(&rule.id));
            let outcome = match verdict {
                Some(verdict) => Outcome::of(verdict, reason),
                None => Outcome::NotAsked { missing },
            };
            RuleResult { rule, outcome }
        });
        let results = results.collect();
        Self {
            info,
            command: command.to_owned(),
            results,
        }
    }

    /// Whether every result is as expected.
    pub fn is_ok(&self) -> bool {
        let mut results = self.results.iter();
        !results.any(|result| result.outcome.is_unexpected())
    }

    /// What failed, as a file of known failures. Reasons that are known already stay; new entries
    /// begin with `TODO`.
    pub fn known(&self) -> Known {
        let entries = self.results.iter().filter_map(|result| {
            let reason = match &result.outcome {
                Outcome::Known { reason, .. } => reason.clone(),
                Outcome::Failed { differences } => format!("TODO: {}", differences.join("; ")),
                Outcome::Passed { .. }
                | Outcome::Stale { .. }
                | Outcome::NotStarted
                | Outcome::NotAsked { .. } => return None,
            };
            Some((result.rule.id.clone(), reason))
        });
        Known {
            subject: self.info.name().to_owned(),
            failures: entries.collect(),
            ..Known::default()
        }
    }
}

/// How many scenarios or checks had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// All of them, including those that were not asked.
    pub all: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed unexpectedly.
    pub failed: usize,
    /// Those that failed as the file of known failures says.
    pub known: usize,
    /// Those that did not fail although the file of known failures says so.
    pub stale: usize,
    /// Those in which its program had done nothing when the time was over.
    pub not_started: usize,
    /// Those for which an option is missing.
    pub not_asked: usize,
}

impl Tally {
    /// Counts results.
    pub fn of<'r, O: 'r>(results: impl IntoIterator<Item = &'r RuleResult<O>>) -> Self {
        results.into_iter().fold(Self::default(), Self::and)
    }

    fn and<O>(mut self, result: &RuleResult<O>) -> Self {
        self.all += 1;
        match result.outcome {
            Outcome::Passed { .. } => self.passed += 1,
            Outcome::Failed { .. } => self.failed += 1,
            Outcome::Known { .. } => self.known += 1,
            Outcome::Stale { .. } => self.stale += 1,
            Outcome::NotStarted => self.not_started += 1,
            Outcome::NotAsked { .. } => self.not_asked += 1,
        }
        self
    }

    /// Those that were asked and are right or wrong.
    pub(crate) fn asked(&self) -> usize {
        self.all - self.not_started - self.not_asked
    }

    /// Those that are right, expected or not.
    pub(crate) fn right(&self) -> usize {
        self.passed + self.stale
    }
}
