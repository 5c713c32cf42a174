//! The report for people.

use std::fmt::Write;

use super::classes::{Class, classes};
use super::{Tally, grouped, not_run, rerun, section, sections};
use crate::cut::Cut;
use crate::cut::plan::{Plan, TWO_WAY_UP_TO};
use crate::escape;
use crate::judge::Failure;
use crate::runner::{Outcome, SubjectResult, VectorResult};

/// With more failures than this, a summary by class of bug comes first.
const FEW: usize = 10;
/// How many positions of a cut are shown, beside the command line that runs it again.
const POSITIONS: usize = 20;

/// For each subject: the sections, what is unexpected, and the totals. If many vectors fail, they
/// are grouped by class of bug, and of each class only the `first` are shown in full; `None`
/// shows all.
pub fn report(subjects: &[SubjectResult], first: Option<usize>) -> String {
    let mut out = String::new();
    for subject in subjects {
        // Writing to a String cannot fail.
        let _ = write_subject(&mut out, subject, first);
    }
    out
}

fn write_subject(
    out: &mut String,
    subject: &SubjectResult,
    first: Option<usize>,
) -> std::fmt::Result {
    writeln!(out, "{}\n", subject.title())?;
    if let Some(fault) = &subject.fault {
        return writeln!(out, "  cannot be started: {}\n", escape::printable(fault));
    }
    for section in sections(&subject.results) {
        write_section(out, &section, subject)?;
    }
    write_remarks(out, subject)?;
    writeln!(out)?;
    let tally = Tally::of(&subject.results);
    let grouped = tally.failed > FEW;
    let is_grouped = |result: &VectorResult| matches!(result.outcome, Outcome::Failed(_));
    for result in &subject.results {
        if !(grouped && is_grouped(result)) {
            write_unexpected(out, subject, result)?;
        }
    }
    if grouped {
        write_classes(out, subject, first)?;
    }
    for (why, number) in not_run(subject) {
        writeln!(
            out,
            "NOT RUN {}: {}\n",
            counted(number as u64, "vector"),
            escape::printable(why)
        )?;
    }
    writeln!(out, "{}", totals(&tally, unit(subject)))
}

fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), plural(number))
}

fn plural(number: u64) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// What the subject was sent, as it is counted.
fn unit(subject: &SubjectResult) -> &'static str {
    if subject.is_oneshot() {
        "whole stream"
    } else {
        "cut"
    }
}

fn write_section(out: &mut String, name: &str, subject: &SubjectResult) -> std::fmt::Result {
    let of_section = |result: &&VectorResult| section(result) == name;
    let tally = Tally::of(subject.results.iter().filter(of_section));
    let right = format!("{} of {}", tally.right(), tally.asked());
    let mut line = format!("  {name:<30} {right:>11}");
    if tally.cuts > 0 {
        let plural = plural(tally.cuts);
        let cuts = grouped(tally.cuts);
        write!(line, " {cuts:>11} {}{plural}", unit(subject))?;
    }
    for part in counts(&tally) {
        write!(line, "   {part}")?;
    }
    writeln!(out, "{}", line.trim_end())
}

fn counts(tally: &Tally) -> Vec<String> {
    [
        (tally.failed, "failed"),
        (tally.known, "known to fail"),
        (tally.late, "of those only late"),
        (tally.stale, "no longer failing"),
        (tally.timed_out, "timed out"),
        (tally.slow, "not sent, known to be too slow"),
        (tally.not_run, "not run"),
        (tally.skipped, "skipped"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, remark)| format!("{number} {remark}"))
    .collect()
}

/// What was not run.
fn write_remarks(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    if subject.is_oneshot() {
        return writeln!(
            out,
            "\n  The program ran once per stream, which came through a pipe: no cuts were made, and\n  \
             what is known at the end of the stream was not judged. An adapter (--subject) can be\n  \
             asked for that too."
        );
    }
    if subject.plan != Plan::Full {
        return writeln!(
            out,
            "\n  Only a sample of the cuts was made (--cuts {}); --cuts full makes all of them.",
            subject.plan.name()
        );
    }
    let sampled = subject.results.iter().filter(|result| result.sampled);
    match sampled.count() {
        0 => Ok(()),
        sampled => writeln!(
            out,
            "\n  Streams of over {} bytes ({sampled}) were not split everywhere, but at a sample of \
             places:\n  next to line ends, colons and non-ASCII characters, and at random.",
            grouped(TWO_WAY_UP_TO as u64),
        ),
    }
}

/// A summary of all classes, then the failures of each.
fn write_classes(
    out: &mut String,
    subject: &SubjectResult,
    first: Option<usize>,
) -> std::fmt::Result {
    let classes = classes(subject);
    writeln!(out, "FAILURES BY CLASS OF BUG\n")?;
    for class in &classes {
        write_class(out, class)?;
    }
    writeln!(
        out,
        "  `esse vectors explain ID` shows a vector in full.\n\nDETAILS\n"
    )?;
    for class in &classes {
        let shown = first.unwrap_or(usize::MAX).min(class.failed.len());
        for result in &class.failed[..shown] {
            write_unexpected(out, subject, result)?;
        }
        let more = class.failed.len() - shown;
        if more > 0 {
            writeln!(
                out,
                "AND {more} MORE of {} (--first {} shows them; --report writes all into a file)\n",
                class.name,
                class.failed.len()
            )?;
        }
    }
    Ok(())
}

fn write_class(out: &mut String, class: &Class<'_>) -> std::fmt::Result {
    let number = class.failed.len();
    let plural = if number == 1 { "" } else { "s" };
    match &class.note {
        Some(note) => {
            writeln!(
                out,
                "  {number} vector{plural}: {} ({})",
                note.bug, class.name
            )?;
            writeln!(out, "    {}", note.description)?;
        }
        None => writeln!(out, "  {number} vector{plural} of {}", class.name)?,
    }
    if let Some(result) = class.smallest() {
        writeln!(out, "    for example {}", result.vector.id)?;
        if let Some(failure) = result.outcome.failure() {
            writeln!(out, "      {}", failure.input)?;
            writeln!(out, "      {}", failure.what)?;
        }
    }
    writeln!(out)
}

/// Nothing for a vector that came out as expected.
fn write_unexpected(
    out: &mut String,
    subject: &SubjectResult,
    result: &VectorResult,
) -> std::fmt::Result {
    let vector = &result.vector;
    match &result.outcome {
        Outcome::Stale { reason } => writeln!(
            out,
            "STALE {} ({})\n  listed as a known failure, but it does not fail: {reason}\n",
            vector.id, vector.spec
        ),
        Outcome::Failed(failure) | Outcome::TimedOut(failure) => {
            let head = if failure.timed_out {
                "TIMED OUT"
            } else {
                "FAILED"
            };
            writeln!(
                out,
                "{head} {} ({}, {})",
                vector.id, vector.spec, vector.level
            )?;
            writeln!(out, "  {}", vector.comment)?;
            write_failure(out, failure)?;
            writeln!(out, "  rerun     {}\n", rerun(subject, result))
        }
        _ => Ok(()),
    }
}

fn write_failure(out: &mut String, failure: &Failure) -> std::fmt::Result {
    match &failure.cut {
        Some(cut) => {
            let cut = shortened(cut);
            writeln!(out, "  cut       {cut}\n  chunks    {}", failure.input)?;
        }
        None => writeln!(out, "  block     {}", failure.input)?,
    }
    let kind = if failure.late { "late " } else { "wrong" };
    writeln!(out, "  {kind}     {}", failure.what)?;
    write_lines(out, "expected", &failure.expected)?;
    write_lines(out, "got", &failure.got)?;
    let stderr: Vec<String> = failure.stderr.lines().map(escape::printable).collect();
    write_lines(out, "stderr", &stderr)
}

/// The command line below the failure has all positions.
fn shortened(cut: &Cut) -> String {
    match cut {
        Cut::At(positions) if positions.len() > POSITIONS => {
            let first = Cut::At(positions[..POSITIONS].to_vec());
            let all = grouped(positions.len() as u64);
            format!("{first},... ({all} positions: the rerun has all)")
        }
        _ => cut.to_string(),
    }
}

fn write_lines(out: &mut String, name: &str, lines: &[String]) -> std::fmt::Result {
    for (index, line) in lines.iter().enumerate() {
        writeln!(out, "  {:<9} {line}", if index == 0 { name } else { "" })?;
    }
    Ok(())
}

fn totals(tally: &Tally, unit: &str) -> String {
    let run = format!(
        "{}, {}",
        counted(tally.vectors as u64, "vector"),
        counted(tally.cuts, unit)
    );
    if tally.passed == tally.vectors {
        return format!("{run}: all passed");
    }
    let passed = grouped(tally.passed as u64);
    format!("{run}: {passed} passed, {}", counts(tally).join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_with_many_positions_is_shortened() {
        let cut = |positions| shortened(&Cut::At((0..positions).collect()));
        assert_eq!(cut(20), Cut::At((0..20).collect()).to_string());
        let long = cut(5_000);
        assert!(
            long.starts_with("0,1,2,")
                && long.ends_with(",19,... (5,000 positions: the rerun has all)"),
            "{long}"
        );
        assert_eq!(shortened(&Cut::Bytes), "bytes");
    }
}
