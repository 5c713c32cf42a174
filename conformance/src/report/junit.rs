//! The report for CI systems: JUnit XML, with a suite per subject and a case per vector.

use std::fmt::Write;

use super::{Tally, rerun, role};
use crate::escape::xml;
use crate::judge::Failure;
use crate::runner::{Outcome, SubjectResult, VectorResult};

/// JUnit XML. A known failure counts as skipped; a stale one, and what was not run, as failed. A
/// subject that could not be started is an error.
pub(super) fn report(subjects: &[SubjectResult]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for subject in subjects {
        // Writing to a String cannot fail.
        let _ = write_subject(&mut out, subject);
    }
    out.push_str("</testsuites>\n");
    out
}

fn write_subject(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    if let Some(fault) = &subject.fault {
        return write_fault(out, subject, fault);
    }
    let tally = Tally::of(&subject.results);
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        xml(&subject.title()),
        tally.vectors,
        tally.failed + tally.timed_out + tally.stale + tally.not_run,
        tally.known + tally.slow + tally.skipped
    )?;
    if subject.is_oneshot() {
        writeln!(
            out,
            "    <properties><property name=\"cuts\" value=\"none: oneshot\"/></properties>"
        )?;
    }
    for result in &subject.results {
        write_case(out, subject, result)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_fault(out: &mut String, subject: &SubjectResult, fault: &str) -> std::fmt::Result {
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
         <testcase classname=\"subject\" name=\"start\"><error message=\"{}\"/></testcase>\n  \
         </testsuite>",
        xml(&subject.title()),
        xml(fault)
    )
}

fn write_case(
    out: &mut String,
    subject: &SubjectResult,
    result: &VectorResult,
) -> std::fmt::Result {
    let vector = &result.vector;
    write!(
        out,
        "    <testcase classname=\"{} {}\" name=\"{}\"",
        role(result),
        xml(&vector.spec),
        xml(&vector.id)
    )?;
    match &result.outcome {
        Outcome::Passed { .. } => writeln!(out, "/>"),
        Outcome::Failed(failure) | Outcome::TimedOut(failure) => {
            write_failed(out, failure, &rerun(subject, result))
        }
        Outcome::NotRun { why } => write_not_run(out, why),
        Outcome::Stale { reason } => write_stale(out, reason),
        Outcome::Known { reason, .. } | Outcome::Slow { reason } => write_skipped(out, reason),
        Outcome::Skipped { why } => write_skipped(out, why),
    }
}

/// The rest of a case that is listed as a known failure and does not fail.
///
/// # Errors
/// If `out` cannot be written.
pub fn write_stale(out: &mut impl Write, reason: &str) -> std::fmt::Result {
    writeln!(
        out,
        "><failure message=\"listed as a known failure, but it does not fail: {}\"/></testcase>",
        xml(reason)
    )
}

fn write_not_run(out: &mut String, why: &str) -> std::fmt::Result {
    writeln!(
        out,
        "><failure message=\"not run: {}\"/></testcase>",
        xml(why)
    )
}

/// The rest of a case that was skipped, or is known to fail.
///
/// # Errors
/// If `out` cannot be written.
pub fn write_skipped(out: &mut impl Write, why: &str) -> std::fmt::Result {
    writeln!(out, "><skipped message=\"{}\"/></testcase>", xml(why))
}

fn write_failed(out: &mut String, failure: &Failure, rerun: &str) -> std::fmt::Result {
    writeln!(out, ">\n      <failure message=\"{}\">", xml(&failure.what))?;
    writeln!(out, "input: {}", xml(&failure.input))?;
    for (name, lines) in [("expected", &failure.expected), ("got", &failure.got)] {
        for line in lines {
            writeln!(out, "{name}: {}", xml(line))?;
        }
    }
    for line in failure.stderr.lines() {
        writeln!(out, "stderr: {}", xml(line))?;
    }
    writeln!(
        out,
        "rerun: {}\n      </failure>\n    </testcase>",
        xml(rerun)
    )
}
