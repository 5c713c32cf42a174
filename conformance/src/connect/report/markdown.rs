//! The report for a README: a table, and the failures.

use std::fmt::{self, Write};

use esse_vectors::connect::Basis;

use crate::connect::{ClientResult, ScenarioOutcome, ScenarioResult, ScenarioTally};
use crate::report::markdown::{html, inline};

/// A table of what decides the outcome, with the scenarios that are right of those asked. Then the
/// scenarios that failed.
pub(super) fn report(client: &ClientResult) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_table(&mut out, client);
    let _ = write_failures(&mut out, client);
    out
}

fn write_table(out: &mut String, client: &ClientResult) -> fmt::Result {
    let title = inline(&client.info.title());
    let linked = match client.info.homepage.as_str() {
        "" => title,
        homepage => format!("[{title}]({homepage})"),
    };
    writeln!(
        out,
        "| basis | {linked} | not asked |\n| --- | ---: | ---: |"
    )?;
    for basis in Basis::ALL {
        let of_basis = |result: &&ScenarioResult| result.scenario.basis == basis;
        let tally = ScenarioTally::of(client.results.iter().filter(of_basis));
        if tally.scenarios > 0 {
            write_row(out, basis.name(), &tally)?;
        }
    }
    write_row(out, "**all**", &ScenarioTally::of(&client.results))
}

fn write_row(out: &mut String, name: &str, tally: &ScenarioTally) -> fmt::Result {
    let right = match tally.asked() {
        0 => "-".to_owned(),
        asked => format!("{}/{asked}", tally.right()),
    };
    writeln!(out, "| {name} | {right} | {} |", tally.not_asked)
}

fn write_failures(out: &mut String, client: &ClientResult) -> fmt::Result {
    let is_failed = |result: &&ScenarioResult| !result.outcome.differences().is_empty();
    let failed: Vec<_> = client.results.iter().filter(is_failed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let (title, number) = (html(&client.info.title()), failed.len());
    writeln!(
        out,
        "\n<details><summary>{title}: {number} failed</summary>\n\n\
         | scenario | basis | what | why |\n| --- | --- | --- | --- |"
    )?;
    for result in failed {
        let what: Vec<String> = result
            .outcome
            .differences()
            .iter()
            .map(|one| inline(one))
            .collect();
        let why = match &result.outcome {
            ScenarioOutcome::Known { reason, .. } => inline(reason),
            _ => String::new(),
        };
        let scenario = &result.scenario;
        let what = what.join("<br>");
        writeln!(
            out,
            "| `{}` | {} | {what} | {why} |",
            scenario.id, scenario.basis
        )?;
    }
    writeln!(out, "\n</details>")
}
