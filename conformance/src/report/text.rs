//! The report for reading.

use std::fmt::Write;

use super::{Tally, failure, grouped, level, rerun, section, sections};
use crate::cut::plan::TWO_WAY_UP_TO;
use crate::judge::Failure;
use crate::runner::{Outcome, SubjectResult, VectorResult};

/// For each subject: the sections, what is unexpected, the sum.
///
/// ```
/// use esse_conformance::{report::text, runner::SubjectResult};
///
/// let report = text::report(&[SubjectResult::default()]);
/// assert!(report.ends_with("0 vectors, 0 cuts: all passed\n"));
/// ```
pub fn report(subjects: &[SubjectResult]) -> String {
    let mut out = String::new();
    for subject in subjects {
        // Writing to a String cannot fail.
        let _ = write_subject(&mut out, subject);
    }
    out
}

fn write_subject(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    writeln!(out, "{}\n", subject.title())?;
    for section in sections(&subject.results) {
        write_section(out, &section, subject)?;
    }
    write_sampled(out, subject)?;
    write_oneshot(out, subject)?;
    writeln!(out)?;
    for result in subject
        .results
        .iter()
        .filter(|result| result.outcome.is_unexpected())
    {
        write_unexpected(out, subject, result)?;
    }
    let tally = Tally::of(&subject.results);
    writeln!(out, "{}", sum(&tally, unit(subject)))
}

/// What a subject was sent, as they are counted.
fn unit(subject: &SubjectResult) -> &'static str {
    if subject.oneshot {
        "whole streams"
    } else {
        "cuts"
    }
}

fn write_section(out: &mut String, name: &str, subject: &SubjectResult) -> std::fmt::Result {
    let tally = Tally::of(
        subject
            .results
            .iter()
            .filter(|result| section(result) == name),
    );
    let right = format!("{} of {}", tally.right(), tally.asked());
    let mut line = format!("  {name:<30} {right:>11}");
    if tally.cuts > 0 {
        write!(line, " {:>11} {}", grouped(tally.cuts), unit(subject))?;
    }
    for part in remarks(&tally) {
        write!(line, "   {part}")?;
    }
    writeln!(out, "{}", line.trim_end())
}

fn remarks(tally: &Tally) -> Vec<String> {
    [
        (tally.failed, "failed"),
        (tally.known, "known to fail"),
        (tally.late, "of those only late"),
        (tally.stale, "no longer failing"),
        (tally.skipped, "skipped"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, remark)| format!("{number} {remark}"))
    .collect()
}

fn write_sampled(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    let sampled = subject
        .results
        .iter()
        .filter(|result| result.sampled)
        .count();
    if sampled == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "\n  Streams of over {} bytes ({sampled}) were not split everywhere, but at a sample of \
         places:\n  beside line ends, colons and characters, and at random.",
        grouped(TWO_WAY_UP_TO as u64),
    )
}

fn write_oneshot(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    if !subject.oneshot {
        return Ok(());
    }
    writeln!(
        out,
        "\n  One process for each stream, through a pipe: no cuts were made, and what is known at the\n  \
         end of the stream was not judged. An adapter (--subject) is asked for that too."
    )
}

fn write_unexpected(
    out: &mut String,
    subject: &SubjectResult,
    result: &VectorResult,
) -> std::fmt::Result {
    let vector = &result.vector;
    if let Outcome::Stale { reason } = &result.outcome {
        writeln!(out, "STALE {} ({})", vector.id, vector.spec)?;
        return writeln!(
            out,
            "  listed as a known failure, but it does not fail: {reason}\n"
        );
    }
    writeln!(
        out,
        "FAILED {} ({}, {})",
        vector.id,
        vector.spec,
        level(vector.level)
    )?;
    writeln!(out, "  {}", vector.comment)?;
    if let Some(failure) = failure(result) {
        write_failure(out, failure)?;
    }
    writeln!(out, "  rerun     {}\n", rerun(subject, result))
}

fn write_failure(out: &mut String, failure: &Failure) -> std::fmt::Result {
    match &failure.cut {
        Some(cut) => writeln!(out, "  cut       {cut}\n  chunks    {}", failure.input)?,
        None => writeln!(out, "  block     {}", failure.input)?,
    }
    let kind = if failure.late { "late " } else { "wrong" };
    writeln!(out, "  {kind}     {}", failure.what)?;
    write_lines(out, "expected", &failure.expected)?;
    write_lines(out, "got", &failure.got)?;
    let stderr: Vec<String> = failure.stderr.lines().map(shown).collect();
    write_lines(out, "stderr", &stderr)
}

/// A line of stderr may hold anything; a terminal is not to act on it.
fn shown(line: &str) -> String {
    line.chars()
        .map(|char| if char.is_control() { '\u{FFFD}' } else { char })
        .collect()
}

fn write_lines(out: &mut String, name: &str, lines: &[String]) -> std::fmt::Result {
    for (index, line) in lines.iter().enumerate() {
        writeln!(out, "  {:<9} {line}", if index == 0 { name } else { "" })?;
    }
    Ok(())
}

fn sum(tally: &Tally, unit: &str) -> String {
    let counts = format!(
        "{} vectors, {} {unit}",
        grouped(tally.vectors as u64),
        grouped(tally.cuts)
    );
    if tally.passed == tally.vectors {
        return format!("{counts}: all passed");
    }
    format!(
        "{counts}: {} passed, {}",
        grouped(tally.passed as u64),
        remarks(tally).join(", ")
    )
}
