//! The report for CI systems: JUnit XML, with a case per scenario.

use std::fmt::{self, Write};

use crate::connect::{ClientResult, ScenarioOutcome, ScenarioResult, ScenarioTally};
use crate::escape::xml;
use crate::report::junit::{write_skipped, write_stale};

/// JUnit XML. A known failure counts as skipped, a stale one as failed.
pub(super) fn report(client: &ClientResult) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    // Writing to a String cannot fail.
    let _ = write_client(&mut out, client);
    out.push_str("</testsuites>\n");
    out
}

fn write_client(out: &mut String, client: &ClientResult) -> fmt::Result {
    let tally = ScenarioTally::of(&client.results);
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        xml(&client.info.title()),
        tally.scenarios,
        tally.failed + tally.stale,
        tally.known + tally.not_asked
    )?;
    for result in &client.results {
        write_case(out, client, result)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case(out: &mut String, client: &ClientResult, result: &ScenarioResult) -> fmt::Result {
    let scenario = &result.scenario;
    write!(
        out,
        "    <testcase classname=\"connect {}\" name=\"{}\"",
        scenario.basis,
        xml(&scenario.id)
    )?;
    match &result.outcome {
        ScenarioOutcome::Passed => writeln!(out, "/>"),
        ScenarioOutcome::Failed { differences } => write_failed(out, client, result, differences),
        ScenarioOutcome::Stale { reason } => write_stale(out, reason),
        ScenarioOutcome::Known { reason, .. } => write_skipped(out, reason),
        ScenarioOutcome::NotAsked { .. } => write_skipped(out, &result.outcome.not_asked()),
    }
}

fn write_failed(
    out: &mut String,
    client: &ClientResult,
    result: &ScenarioResult,
    differences: &[String],
) -> fmt::Result {
    let scenario = &result.scenario;
    let first = differences.first().map(String::as_str).unwrap_or_default();
    writeln!(out, ">\n      <failure message=\"{}\">", xml(first))?;
    writeln!(out, "rule: {}", xml(&scenario.rule))?;
    writeln!(out, "source: {}", xml(&scenario.source))?;
    for difference in differences {
        writeln!(out, "wrong: {}", xml(difference))?;
    }
    let rerun = client.rerun(&scenario.id);
    writeln!(
        out,
        "rerun: {}\n      </failure>\n    </testcase>",
        xml(&rerun)
    )
}
