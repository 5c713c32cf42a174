//! The report for people.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use esse_vectors::connect::Basis;

use crate::connect::{
    ClientOption, ClientResult, ScenarioOutcome, ScenarioResult, ScenarioTally, Verdict,
};

/// What is right by basis, what is unexpected, what was not asked, and the totals.
pub(super) fn report(client: &ClientResult) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_client(&mut out, client);
    out
}

fn write_client(out: &mut String, client: &ClientResult) -> fmt::Result {
    writeln!(out, "{}\n", client.info.title())?;
    for basis in Basis::ALL {
        write_basis(out, basis, client)?;
    }
    writeln!(out)?;
    for result in &client.results {
        write_unexpected(out, client, result)?;
    }
    write_not_asked(out, client)?;
    writeln!(out, "{}", totals(&ScenarioTally::of(&client.results)))
}

fn write_basis(out: &mut String, basis: Basis, client: &ClientResult) -> fmt::Result {
    let of_basis = |result: &&ScenarioResult| result.scenario.basis == basis;
    let tally = ScenarioTally::of(client.results.iter().filter(of_basis));
    if tally.scenarios == 0 {
        return Ok(());
    }
    let right = format!("{} of {}", tally.right(), tally.asked());
    write!(out, "  {basis:<10} {right:>11}")?;
    for count in tally.counts() {
        write!(out, "   {count}")?;
    }
    writeln!(out)
}

/// Nothing for a scenario that came out as expected.
fn write_unexpected(
    out: &mut String,
    client: &ClientResult,
    result: &ScenarioResult,
) -> fmt::Result {
    let scenario = &result.scenario;
    match &result.outcome {
        ScenarioOutcome::Stale { reason } => writeln!(
            out,
            "STALE {}  ({})\n  listed as a known failure, but it does not fail: {reason}\n",
            scenario.id, scenario.basis
        ),
        ScenarioOutcome::Failed { differences } => {
            let verdict = Verdict {
                scenario: scenario.clone(),
                differences: differences.clone(),
            };
            writeln!(out, "{verdict}  rerun   {}\n", client.rerun(&scenario.id))
        }
        ScenarioOutcome::Passed
        | ScenarioOutcome::Known { .. }
        | ScenarioOutcome::NotAsked { .. } => Ok(()),
    }
}

fn write_not_asked(out: &mut String, client: &ClientResult) -> fmt::Result {
    let mut scenarios: BTreeMap<&ClientOption, usize> = BTreeMap::new();
    for result in &client.results {
        if let ScenarioOutcome::NotAsked { missing } = &result.outcome {
            for option in missing {
                *scenarios.entry(option).or_default() += 1;
            }
        }
    }
    if scenarios.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "Not asked, because the client does not have the option:"
    )?;
    for (option, number) in scenarios {
        let plural = if number == 1 { "" } else { "s" };
        writeln!(out, "  {option:<18} {number:>3} scenario{plural}")?;
    }
    writeln!(out)
}

fn totals(tally: &ScenarioTally) -> String {
    let scenarios = tally.scenarios;
    if tally.passed == scenarios {
        return format!("{scenarios} scenarios: all passed");
    }
    let counts = tally.counts().join(", ");
    format!("{scenarios} scenarios: {} passed, {counts}", tally.passed)
}
