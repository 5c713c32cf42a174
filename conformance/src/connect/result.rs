//! The results of a client: what the judge says, beside what is known of it.

use std::time::Duration;

use esse_vectors::connect::Scenario;
use serde::Serialize;

use super::{ClientInfo, ClientOption, Verdict, run};
use crate::subject::Known;

/// How one scenario came out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScenarioOutcome {
    /// The client did as a correct one does.
    Passed,
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
    /// It was not asked, because it lacks these options.
    NotAsked {
        /// The options.
        missing: Vec<ClientOption>,
    },
}

impl ScenarioOutcome {
    fn of(differences: Vec<String>, reason: Option<&String>) -> Self {
        match (differences.is_empty(), reason.cloned()) {
            (true, None) => Self::Passed,
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
        matches!(self, Self::Failed { .. } | Self::Stale { .. })
    }

    /// How the client differs from a correct one, known or not.
    pub fn differences(&self) -> &[String] {
        match self {
            Self::Failed { differences } | Self::Known { differences, .. } => differences,
            Self::Passed | Self::Stale { .. } | Self::NotAsked { .. } => &[],
        }
    }
}

/// The result of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScenarioResult {
    /// Which scenario.
    pub scenario: Scenario,
    /// How it came out.
    pub outcome: ScenarioOutcome,
}

/// The results of all scenarios for one client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientResult {
    /// What the client says about itself.
    pub info: ClientInfo,
    /// The shell command that starts its driver.
    pub command: String,
    /// The scenarios, in their order.
    pub results: Vec<ScenarioResult>,
}

impl ClientResult {
    /// Asks a client everything for which it has the options, with [`run`], and compares the failures
    /// with the known ones. An entry of a scenario that is not asked is let be.
    pub fn of(
        info: ClientInfo,
        command: &str,
        scenarios: &[Scenario],
        known: Option<&Known>,
        patience: Duration,
        progress: &mut dyn FnMut(&Verdict),
    ) -> Self {
        let asked = scenarios.iter().filter(|one| info.lacks(one).is_empty());
        let asked: Vec<Scenario> = asked.cloned().collect();
        let mut verdicts = run(command, &asked, patience, progress)
            .into_iter()
            .peekable();
        let results = scenarios.iter().map(|scenario| {
            let missing = info.lacks(scenario);
            let verdict = verdicts.next_if(|_| missing.is_empty());
            let reason = known.and_then(|known| known.failures.get(&scenario.id));
            let outcome = match verdict {
                Some(verdict) => ScenarioOutcome::of(verdict.differences, reason),
                None => ScenarioOutcome::NotAsked { missing },
            };
            ScenarioResult {
                scenario: scenario.clone(),
                outcome,
            }
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
}

/// How many scenarios had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ScenarioTally {
    /// All scenarios, including those that were not asked.
    pub scenarios: usize,
    /// Scenarios that passed.
    pub passed: usize,
    /// Scenarios that failed unexpectedly.
    pub failed: usize,
    /// Scenarios that failed as the file of known failures says.
    pub known: usize,
    /// Scenarios that did not fail although the file of known failures says so.
    pub stale: usize,
    /// Scenarios for which the client lacks an option.
    pub not_asked: usize,
}

impl ScenarioTally {
    /// Counts results.
    pub fn of<'r>(results: impl IntoIterator<Item = &'r ScenarioResult>) -> Self {
        results.into_iter().fold(Self::default(), Self::and)
    }

    fn and(mut self, result: &ScenarioResult) -> Self {
        self.scenarios += 1;
        match result.outcome {
            ScenarioOutcome::Passed => self.passed += 1,
            ScenarioOutcome::Failed { .. } => self.failed += 1,
            ScenarioOutcome::Known { .. } => self.known += 1,
            ScenarioOutcome::Stale { .. } => self.stale += 1,
            ScenarioOutcome::NotAsked { .. } => self.not_asked += 1,
        }
        self
    }

    /// The scenarios that the client was asked.
    pub(super) fn asked(&self) -> usize {
        self.scenarios - self.not_asked
    }

    /// The scenarios that are right, expected or not.
    pub(super) fn right(&self) -> usize {
        self.passed + self.stale
    }
}
