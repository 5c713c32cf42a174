//! The page for a repository.

use std::fmt::{Result, Write};

use esse_conformance::report::markdown::inline;

use super::model::{Matrix, Row, sections};
use super::read::{Probed, When};

/// What the table of timing and limits shows.
pub(super) const TIMING: &str = "When an event is handed out if its block ends with LF LF, with CR CR, and with the CR of CR LF CR LF. The milliseconds for one line of 1, 2 and 4 MiB in chunks of 1 KiB, including the protocol: 4 times as long is linear, 16 times is quadratic. The result of a line of 100 MiB. How many vectors ended the process, or were not answered in time although the failure is known. These depend on the machine, and no score does.";

/// What the table of parsers shows.
pub(super) fn parsers(matrix: &Matrix) -> String {
    format!(
        "{} parsers. The cells count wrong vectors by section of the standard, of those that were asked. A vector is right if it is right at each cut that was run. A vector for which a parser is too slow is neither right nor wrong, and is not counted as asked.",
        matrix.parsers.len()
    )
}

/// What the table of encoders shows.
pub(super) fn encoders(matrix: &Matrix) -> String {
    format!(
        "{} encoders. The reference decodes what an encoder writes, and it must mean what the block says. Some subjects also have encoders that are not shown.",
        matrix.encoders.len()
    )
}

/// The tables, and for each implementation the reasons for its failures.
pub(super) fn page(matrix: &Matrix) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut out, matrix);
    out
}

fn write_page(out: &mut String, matrix: &Matrix) -> Result {
    writeln!(out, "# Implementations of event streams, side by side\n")?;
    for note in &matrix.notes {
        writeln!(out, "{}  ", inline(note))?;
    }
    writeln!(out, "\n## Parsers\n")?;
    writeln!(out, "{}\n", parsers(matrix))?;
    write_table(out, &matrix.parsers)?;
    writeln!(out, "\n## Timing and limits of the parsers\n")?;
    write_probes(out, matrix)?;
    writeln!(out, "\n## Encoders\n")?;
    writeln!(out, "{}\n", encoders(matrix))?;
    write_table(out, &matrix.encoders)?;
    write_skipped(out, &matrix.skipped)?;
    writeln!(out, "\n## What goes wrong")?;
    for (rows, role) in [(&matrix.parsers, "parser"), (&matrix.encoders, "encoder")] {
        for row in rows {
            write_reasons(out, row, role)?;
        }
    }
    Ok(())
}

fn write_table(out: &mut String, rows: &[Row]) -> Result {
    let sections = sections(rows);
    let heads: Vec<String> = sections
        .iter()
        .map(|name| name.replacen('/', " ", 1))
        .collect();
    writeln!(
        out,
        "| implementation | language | right/asked | too slow for | late only | {} |",
        heads.join(" | ")
    )?;
    writeln!(
        out,
        "| --- | --- | ---: | ---: | ---: |{}",
        " ---: |".repeat(sections.len())
    )?;
    for row in rows {
        write!(
            out,
            "| {} | {} | {}/{} | {} | {} |",
            title(row),
            inline(&row.language),
            row.right(),
            row.asked(),
            row.too_slow(),
            row.late()
        )?;
        for section in &sections {
            match row.cells.get(*section) {
                None => write!(out, " - |")?,
                Some(cell) if cell.asked == 0 => write!(out, " - |")?,
                Some(cell) if cell.wrong.is_empty() => write!(out, " ✓ |")?,
                Some(cell) => write!(out, " {}/{} |", cell.wrong.len(), cell.asked)?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn title(row: &Row) -> String {
    let title = inline(format!("{} {}", row.name, row.version).trim_end());
    match row.link() {
        None => title,
        Some(link) => format!("[{title}]({link})"),
    }
}

fn write_probes(out: &mut String, matrix: &Matrix) -> Result {
    writeln!(out, "{TIMING}\n")?;
    writeln!(
        out,
        "| implementation | LF | CR | CRLF | 1, 2, 4 MiB | 4 : 1 | 100 MiB | crashed or hung |"
    )?;
    writeln!(out, "| --- | --- | --- | --- | ---: | ---: | --- | ---: |")?;
    for row in &matrix.parsers {
        let Some(probe) = matrix.probe(row) else {
            continue;
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            inline(&row.name),
            when(probe.after_lf),
            when(probe.after_cr),
            when(probe.after_crlf),
            times(probe),
            ratio(probe),
            inline(&probe.long_line),
            row.lost()
        )?;
    }
    Ok(())
}

pub(super) fn when(when: Option<When>) -> &'static str {
    match when {
        Some(When::AtOnce) => "at once",
        Some(When::Later) => "late",
        Some(When::AtEnd) => "at the end",
        Some(When::Whole) => "takes all at once",
        None => "no event",
    }
}

pub(super) fn times(probe: &Probed) -> String {
    let time = |time: &Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.0}"));
    let times: Vec<String> = probe.growth.iter().map(time).collect();
    times.join(", ")
}

pub(super) fn ratio(probe: &Probed) -> String {
    match (probe.growth.first(), probe.growth.last()) {
        (Some(Some(first)), Some(Some(last))) => format!("{:.1}", last / first),
        _ => "-".to_owned(),
    }
}

fn write_skipped(out: &mut String, skipped: &[String]) -> Result {
    if skipped.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Not run\n")?;
    skipped
        .iter()
        .try_for_each(|line| writeln!(out, "- SKIPPED: {}", inline(line)))
}

fn write_reasons(out: &mut String, row: &Row, role: &str) -> Result {
    let reasons = row.reasons();
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n### {} ({}, {role})\n",
        inline(&row.name),
        inline(&row.language)
    )?;
    reasons
        .iter()
        .try_for_each(|(reason, count)| writeln!(out, "- {count}: {}", inline(reason)))
}
