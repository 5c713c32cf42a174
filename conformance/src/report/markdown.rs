//! The report for a README: a table, and the failures.

use std::fmt::Write;

use super::{Tally, grouped, not_run, section, sections};
use crate::judge::Failure;
use crate::runner::{Outcome, SubjectResult, VectorResult};

/// A table of sections and subjects, with the vectors that passed of those asked. Then, for each
/// subject, why vectors were not run, and those that failed.
pub(super) fn report(subjects: &[SubjectResult]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_table(&mut out, subjects);
    for subject in subjects {
        let _ = write_fault(&mut out, subject);
        let _ = write_not_run(&mut out, subject);
        let _ = write_failures(&mut out, subject);
    }
    out
}

fn write_table(out: &mut String, subjects: &[SubjectResult]) -> std::fmt::Result {
    let names = subjects.iter().map(linked);
    write_row(out, "section", names)?;
    write_row(out, "---", subjects.iter().map(|_| "---:".to_owned()))?;
    for name in sections(subjects.iter().flat_map(|subject| &subject.results)) {
        let cells = subjects
            .iter()
            .map(|subject| cell(subject, |result| section(result) == name));
        write_row(out, &name, cells)?;
    }
    write_row(
        out,
        "**all**",
        subjects.iter().map(|subject| cell(subject, |_| true)),
    )?;
    write_row(out, "cuts", subjects.iter().map(cuts))
}

fn cuts(subject: &SubjectResult) -> String {
    if subject.is_oneshot() {
        return "none".to_owned();
    }
    grouped(Tally::of(&subject.results).cuts)
}

fn write_row(
    out: &mut String,
    first: &str,
    cells: impl Iterator<Item = String>,
) -> std::fmt::Result {
    write!(out, "| {first} |")?;
    for cell in cells {
        write!(out, " {cell} |")?;
    }
    writeln!(out)
}

fn linked(subject: &SubjectResult) -> String {
    let title = inline(&subject.title());
    match subject.info.homepage.as_str() {
        "" => title,
        homepage => format!("[{title}]({homepage})"),
    }
}

fn cell(subject: &SubjectResult, is_meant: impl Fn(&VectorResult) -> bool) -> String {
    let tally = Tally::of(subject.results.iter().filter(|result| is_meant(result)));
    match tally.asked() {
        0 => "-".to_owned(),
        asked => format!("{}/{asked}", tally.right()),
    }
}

fn write_fault(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    match &subject.fault {
        None => Ok(()),
        Some(fault) => {
            let title = inline(&subject.title());
            writeln!(out, "\n{title}: cannot be started, {}", inline(fault))
        }
    }
}

fn write_not_run(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    for (why, number) in not_run(subject) {
        let title = inline(&subject.title());
        writeln!(out, "\n{title}: {number} not run, {}", inline(why))?;
    }
    Ok(())
}

fn write_failures(out: &mut String, subject: &SubjectResult) -> std::fmt::Result {
    let failed: Vec<_> = subject
        .results
        .iter()
        .filter_map(|result| Some((result, result.outcome.failure()?)))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let number = failed.len();
    let title = html(&subject.title());
    writeln!(
        out,
        "\n<details><summary>{title}: {number} failed</summary>\n"
    )?;
    writeln!(
        out,
        "| vector | cut | what | why |\n| --- | --- | --- | --- |"
    )?;
    for (result, failure) in failed {
        write_failed(out, result, failure)?;
    }
    writeln!(out, "\n</details>")
}

fn write_failed(out: &mut String, result: &VectorResult, failure: &Failure) -> std::fmt::Result {
    let cut = failure
        .cut
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let reason = match &result.outcome {
        Outcome::Known { reason, .. } => inline(reason),
        _ => String::new(),
    };
    let late = if failure.late { "late: " } else { "" };
    let what = inline(&failure.what);
    writeln!(
        out,
        "| `{}` | {cut} | {late}{what} | {reason} |",
        result.vector.id
    )
}

/// Escapes text for a cell of a table, so that none of it is markup.
pub fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in html(text).chars() {
        match char {
            '|' | '\\' | '*' | '_' | '`' | '[' | ']' | '~' => escaped.extend(['\\', char]),
            char if char.is_control() => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}

/// Escapes text for a piece of HTML in a page.
pub fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_a_cell_is_text() {
        assert_eq!(super::inline("a|b\n\\n <i>*"), r"a\|b \\n &lt;i&gt;\*");
    }
}
