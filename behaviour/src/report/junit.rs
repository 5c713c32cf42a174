//! The report for CI systems: JUnit XML, with a case per scenario or check.

use std::fmt::{self, Write};

use esse_conformance::report::escape::xml;
use esse_conformance::report::junit::{write_skipped, write_stale};

use super::not_asked;
use crate::described::Described;
use crate::result::{BehaviourResult, Outcome, RuleResult, Tally};
use crate::verdict::NOT_STARTED;

/// JUnit XML. A known failure counts as skipped, a stale one as failed, and what was not started in
/// time as an error.
pub(super) fn report<D: Described>(result: &BehaviourResult<D>) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    // Writing to a String cannot fail.
    let _ = write_suite(&mut out, result);
    out.push_str("</testsuites>\n");
    out
}

fn write_suite<D: Described>(out: &mut String, result: &BehaviourResult<D>) -> fmt::Result {
    let tally = Tally::of(&result.results);
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        xml(&result.info.title()),
        tally.all,
        tally.failed + tally.stale,
        tally.not_started,
        tally.known + tally.not_asked
    )?;
    for one in &result.results {
        write_case(out, result, one)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case<D: Described>(
    out: &mut String,
    result: &BehaviourResult<D>,
    one: &RuleResult<D::Option>,
) -> fmt::Result {
    write!(
        out,
        "    <testcase classname=\"{} {}\" name=\"{}\"",
        D::KIND.module(),
        one.rule.basis,
        xml(&one.rule.id)
    )?;
    match &one.outcome {
        Outcome::Passed { note: None } => writeln!(out, "/>"),
        Outcome::Passed { note: Some(note) } => {
            writeln!(out, "><system-out>{}</system-out></testcase>", xml(note))
        }
        Outcome::Failed { differences } => write_failed(out, result, one, differences),
        Outcome::Stale { reason } => write_stale(out, reason),
        Outcome::Known { reason, .. } => write_skipped(out, reason),
        Outcome::NotStarted => {
            writeln!(out, "><error message=\"{}\"/></testcase>", xml(NOT_STARTED))
        }
        Outcome::NotAsked { missing } => write_skipped(out, &not_asked::<D>(missing)),
    }
}

fn write_failed<D: Described>(
    out: &mut String,
    result: &BehaviourResult<D>,
    one: &RuleResult<D::Option>,
    differences: &[String],
) -> fmt::Result {
    let rule = &one.rule;
    let first = differences.first().map(String::as_str).unwrap_or_default();
    writeln!(out, ">\n      <failure message=\"{}\">", xml(first))?;
    writeln!(out, "rule: {}", xml(&rule.text))?;
    writeln!(out, "source: {}", xml(&rule.source))?;
    for difference in differences {
        writeln!(out, "wrong: {}", xml(difference))?;
    }
    let rerun = result.rerun(&rule.id);
    writeln!(
        out,
        "rerun: {}\n      </failure>\n    </testcase>",
        xml(&rerun)
    )
}
