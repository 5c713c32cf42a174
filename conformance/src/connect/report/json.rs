//! The report for programs.

use serde::Serialize;

use crate::connect::{ClientInfo, ClientOption, ClientResult, ScenarioOutcome, ScenarioTally};

#[derive(Serialize)]
struct Report<'r> {
    /// The version of the scenarios.
    version: &'static str,
    client: &'r ClientInfo,
    command: &'r str,
    tally: ScenarioTally,
    scenarios: Vec<Scenario<'r>>,
}

#[derive(Serialize)]
struct Scenario<'r> {
    id: &'r str,
    basis: &'static str,
    rule: &'r str,
    source: &'r str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    differences: &'r [String],
    /// The reason of a known failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    /// The options that the client does not have.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing: &'r [ClientOption],
    #[serde(skip_serializing_if = "Option::is_none")]
    rerun: Option<String>,
}

/// One JSON object, with all scenarios.
pub(super) fn report(client: &ClientResult) -> String {
    let scenarios = client.results.iter().map(|result| {
        let (outcome, reason, missing): (_, _, &[ClientOption]) = match &result.outcome {
            ScenarioOutcome::Passed => ("passed", None, &[]),
            ScenarioOutcome::Failed { .. } => ("failed", None, &[]),
            ScenarioOutcome::Known { reason, .. } => ("known", Some(reason.as_str()), &[]),
            ScenarioOutcome::Stale { reason } => ("stale", Some(reason.as_str()), &[]),
            ScenarioOutcome::NotAsked { missing } => ("notAsked", None, missing),
        };
        let scenario = &result.scenario;
        let differences = result.outcome.differences();
        Scenario {
            id: &scenario.id,
            basis: scenario.basis.name(),
            rule: &scenario.rule,
            source: &scenario.source,
            outcome,
            differences,
            reason,
            missing,
            rerun: (!differences.is_empty()).then(|| client.rerun(&scenario.id)),
        }
    });
    let report = Report {
        version: esse_vectors::VERSION,
        client: &client.info,
        command: &client.command,
        tally: ScenarioTally::of(&client.results),
        scenarios: scenarios.collect(),
    };
    // Only maps whose keys are not strings cannot be written, and there are none.
    let mut json = serde_json::to_string_pretty(&report).unwrap_or_default();
    json.push('\n');
    json
}
