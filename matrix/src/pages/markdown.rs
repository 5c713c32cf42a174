//! The page for a repository.

use esse_conformance::report::markdown::inline;

use super::model::{Cell, Matrix, Row, sections};
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
    format!(
        "# Implementations of event streams, side by side\n\n{}\n\
         ## Parsers\n\n{}\n\n{}\n\
         ## Timing and limits of the parsers\n\n{TIMING}\n\n{}\n\
         ## Encoders\n\n{}\n\n{}{}\n\
         ## What goes wrong\n{}{}",
        each(&matrix.notes, |note| format!("{}  \n", inline(note))),
        parsers(matrix),
        table(&matrix.parsers),
        probes(matrix),
        encoders(matrix),
        table(&matrix.encoders),
        skipped(&matrix.skipped),
        each(&matrix.parsers, |row| reasons(row, "parser")),
        each(&matrix.encoders, |row| reasons(row, "encoder")),
    )
}

/// What is shown of each, one after another.
pub(super) fn each<T>(items: &[T], show: impl FnMut(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().concat()
}

fn table(rows: &[Row]) -> String {
    let sections = sections(rows);
    let heads = each(&sections, |name| {
        format!(" {} |", name.replacen('/', " ", 1))
    });
    let lines = " ---: |".repeat(sections.len());
    let rows = each(rows, |row| {
        format!(
            "| {} | {} | {}/{} | {} | {} |{}\n",
            title(row),
            inline(&row.language),
            row.right(),
            row.asked(),
            row.too_slow(),
            row.late(),
            each(&sections, |section| cell(row.cells.get(*section))),
        )
    });
    format!(
        "| implementation | language | right/asked | too slow for | late only |{heads}\n\
         | --- | --- | ---: | ---: | ---: |{lines}\n{rows}"
    )
}

fn cell(cell: Option<&Cell>) -> String {
    match cell {
        Some(cell) if cell.asked > 0 && cell.wrong.is_empty() => " ✓ |".to_owned(),
        Some(cell) if cell.asked > 0 => format!(" {}/{} |", cell.wrong.len(), cell.asked),
        _ => " - |".to_owned(),
    }
}

fn title(row: &Row) -> String {
    let title = inline(format!("{} {}", row.name, row.version).trim_end());
    match row.link() {
        None => title,
        Some(link) => format!("[{title}]({link})"),
    }
}

fn probes(matrix: &Matrix) -> String {
    let heads = "| implementation | LF | CR | CRLF | 1, 2, 4 MiB | 4 : 1 | 100 MiB | crashed or hung |\n\
                 | --- | --- | --- | --- | ---: | ---: | --- | ---: |\n";
    let rows = each(&matrix.parsers, |row| match matrix.probe(row) {
        None => String::new(),
        Some(probe) => {
            let cells = measured(probe).map(|value| inline(&value));
            let (name, cells) = (inline(&row.name), cells.join(" | "));
            format!("| {name} | {cells} | {} |\n", row.lost())
        }
    });
    heads.to_owned() + &rows
}

/// What both pages show of a parser: when an event is out, and what long lines do.
pub(super) fn measured(probe: &Probed) -> [String; 6] {
    let [lf, cr, crlf] = [probe.after_lf, probe.after_cr, probe.after_crlf].map(when);
    let long_line = probe.long_line.clone();
    [lf, cr, crlf, times(probe), ratio(probe), long_line]
}

fn when(when: Option<When>) -> String {
    let when = match when {
        Some(When::AtOnce) => "at once",
        Some(When::Later) => "late",
        Some(When::AtEnd) => "at the end",
        Some(When::Whole) => "takes all at once",
        None => "no event",
    };
    when.to_owned()
}

fn times(probe: &Probed) -> String {
    let time = |time: &Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.0}"));
    let times: Vec<String> = probe.growth.iter().map(time).collect();
    times.join(", ")
}

fn ratio(probe: &Probed) -> String {
    match (probe.growth.first(), probe.growth.last()) {
        (Some(Some(first)), Some(Some(last))) => format!("{:.1}", last / first),
        _ => "-".to_owned(),
    }
}

fn skipped(skipped: &[String]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let lines = each(skipped, |line| format!("- SKIPPED: {}\n", inline(line)));
    format!("\n## Not run\n\n{lines}")
}

fn reasons(row: &Row, role: &str) -> String {
    let reasons = row.reasons();
    if reasons.is_empty() {
        return String::new();
    }
    let (name, language) = (inline(&row.name), inline(&row.language));
    let lines = each(&reasons, |(reason, count)| {
        format!("- {count}: {}\n", inline(reason))
    });
    format!("\n### {name} ({language}, {role})\n\n{lines}")
}
