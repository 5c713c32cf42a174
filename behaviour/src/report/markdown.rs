//! The report for a README: a table, and the failures.

use std::fmt::{self, Write};

use esse_conformance::report::markdown::{html, inline};
use esse_vectors::connect::Basis;

use crate::described::Described;
use crate::result::{BehaviourResult, Outcome, Tally};

/// A table of what decides the outcome, with the scenarios or checks that are right of those asked.
/// Then those that failed.
pub(super) fn report<D: Described>(result: &BehaviourResult<D>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_table(&mut out, result);
    let _ = write_failures(&mut out, result);
    out
}

fn write_table<D: Described>(out: &mut String, result: &BehaviourResult<D>) -> fmt::Result {
    let title = inline(&result.info.title());
    let linked = match result.info.homepage() {
        None => title,
        Some(homepage) => format!("[{title}]({homepage})"),
    };
    writeln!(
        out,
        "| basis | {linked} | not asked |\n| --- | ---: | ---: |"
    )?;
    for basis in Basis::ALL {
        let results = result.results.iter();
        let tally = Tally::of(results.filter(|one| one.rule.basis == basis));
        if tally.all > 0 {
            write_row(out, basis.name(), &tally)?;
        }
    }
    write_row(out, "**all**", &Tally::of(&result.results))
}

fn write_row(out: &mut String, name: &str, tally: &Tally) -> fmt::Result {
    let right = match tally.asked() {
        0 => "-".to_owned(),
        asked => format!("{}/{asked}", tally.right()),
    };
    writeln!(out, "| {name} | {right} | {} |", tally.not_asked)
}

fn write_failures<D: Described>(out: &mut String, result: &BehaviourResult<D>) -> fmt::Result {
    let results = result.results.iter();
    let failed: Vec<_> = results
        .filter(|one| !one.outcome.differences().is_empty())
        .collect();
    let not_started = Tally::of(&result.results).not_started;
    if not_started > 0 {
        let title = inline(&result.info.title());
        writeln!(out, "\n{title}: {not_started} not started in time")?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    let (title, number) = (html(&result.info.title()), failed.len());
    writeln!(
        out,
        "\n<details><summary>{title}: {number} failed</summary>\n\n\
         | {} | basis | what | why |\n| --- | --- | --- | --- |",
        D::KIND.item()
    )?;
    for one in failed {
        let differences = one.outcome.differences().iter();
        let what: Vec<String> = differences.map(|one| inline(one)).collect();
        let why = match &one.outcome {
            Outcome::Known { reason, .. } => inline(reason),
            _ => String::new(),
        };
        let (id, basis, what) = (&one.rule.id, one.rule.basis, what.join("<br>"));
        writeln!(out, "| `{id}` | {basis} | {what} | {why} |")?;
    }
    writeln!(out, "\n</details>")
}
