//! The page for a browser: one file, with its style, its script and all failures.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Result, Write};

use serde::Serialize;

use super::markdown::{TIMING, encoders, parsers, ratio, times, when};
use super::model::{Matrix, Row, Wrong, sections};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub(super) fn page(matrix: &Matrix) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut out, matrix);
    out
}

fn write_page(out: &mut String, matrix: &Matrix) -> Result {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Event streams: implementations side by side</title>\n<style>\n{STYLE}</style>\n\
         <header><h1>Event streams: implementations side by side</h1>"
    )?;
    for note in &matrix.notes {
        writeln!(out, "<p class=\"note\">{}</p>", text(note))?;
    }
    writeln!(out, "</header>\n<main>")?;
    let mut data = Data::default();
    writeln!(
        out,
        "<h2>Parsers</h2>\n<p>{} Select a number to see the streams.</p>",
        text(&parsers(matrix))
    )?;
    write_table(out, &mut data, "parser", &matrix.parsers)?;
    write_probes(out, matrix)?;
    writeln!(out, "<h2>Encoders</h2>\n<p>{}</p>", text(&encoders(matrix)))?;
    write_table(out, &mut data, "encoder", &matrix.encoders)?;
    write_skipped(out, &matrix.skipped)?;
    let json = serde_json::to_string(&data).unwrap_or_default();
    // Nothing in it may end the element.
    let json = json.replace('<', "\\u003c");
    writeln!(
        out,
        "</main>\n<dialog id=\"failures\" aria-labelledby=\"failures-title\"></dialog>\n\
         <script type=\"application/json\" id=\"data\">{json}</script>\n<script>\n{SCRIPT}</script>\n</html>"
    )
}

fn write_table(out: &mut String, data: &mut Data, role: &str, rows: &[Row]) -> Result {
    let sections = sections(rows);
    writeln!(
        out,
        "<table class=\"matrix\"><thead><tr><th>implementation<th>right"
    )?;
    for name in &sections {
        let (number, name) = name.split_once('/').unwrap_or(("", name));
        writeln!(
            out,
            "<th class=\"section\"><span><small>{}</small> {}</span>",
            text(number),
            text(name)
        )?;
    }
    writeln!(out, "</thead><tbody>")?;
    for row in rows {
        write_row(out, data, role, row, &sections)?;
    }
    writeln!(out, "</tbody></table>")
}

fn write_row(
    out: &mut String,
    data: &mut Data,
    role: &str,
    row: &Row,
    sections: &[&str],
) -> Result {
    let title = format!("{} ({role})", row.name);
    let number = data.rows.len();
    let name = match row.link() {
        None => format!("<b>{}</b>", text(&row.name)),
        Some(link) => format!("<a href=\"{}\"><b>{}</b></a>", text(link), text(&row.name)),
    };
    writeln!(
        out,
        "<tr><th scope=\"row\">{name} <small>{} · {}</small><td class=\"right\">{}<small>/{}</small>",
        text(&row.version),
        text(&row.language),
        row.right(),
        row.asked()
    )?;
    for section in sections {
        let Some(cell) = row.cells.get(*section).filter(|cell| cell.asked > 0) else {
            writeln!(out, "<td class=\"none\">")?;
            continue;
        };
        let (label, wrong) = (text(section), cell.wrong.len());
        let shade = shade(wrong, cell.asked);
        match wrong {
            0 => writeln!(
                out,
                "<td class=\"good\" data-label=\"{label}\"><span title=\"all {} of {label}\">✓</span>",
                cell.asked
            )?,
            _ => writeln!(
                out,
                "<td class=\"bad s{shade}\" data-label=\"{label}\"><button data-row=\"{number}\" data-section=\"{label}\" title=\"{wrong} of {} wrong in {label}\">{wrong}</button>",
                cell.asked
            )?,
        }
    }
    data.add(title, row);
    Ok(())
}

/// How dark a cell is, from 1 to 4.
fn shade(wrong: usize, asked: usize) -> usize {
    match wrong * 100 / asked.max(1) {
        0..10 => 1,
        10..33 => 2,
        33..66 => 3,
        _ => 4,
    }
}

fn write_probes(out: &mut String, matrix: &Matrix) -> Result {
    writeln!(
        out,
        "<h2>Timing and limits of the parsers</h2>\n<p>{TIMING}</p>\n\
         <table class=\"probes\"><thead><tr><th>implementation<th>LF<th>CR<th>CRLF<th>1, 2, 4 MiB<th>4 : 1<th>100 MiB<th>late only<th>too slow for<th>crashed or hung</thead><tbody>"
    )?;
    for row in &matrix.parsers {
        let Some(probe) = matrix.probe(row) else {
            continue;
        };
        let cells = [
            ("LF", when(probe.after_lf).to_owned()),
            ("CR", when(probe.after_cr).to_owned()),
            ("CRLF", when(probe.after_crlf).to_owned()),
            ("1, 2, 4 MiB (ms)", times(probe)),
            ("4 : 1", ratio(probe)),
            ("100 MiB", probe.long_line.clone()),
            ("late only", row.late().to_string()),
            ("too slow for", row.too_slow().to_string()),
            ("crashed or hung", row.lost().to_string()),
        ];
        writeln!(
            out,
            "<tr><th scope=\"row\">{} <small>{}</small>",
            text(&row.name),
            text(&row.language)
        )?;
        for (label, value) in cells {
            writeln!(out, "<td data-label=\"{label}\">{}", text(&value))?;
        }
    }
    writeln!(out, "</tbody></table>")
}

fn write_skipped(out: &mut String, skipped: &[String]) -> Result {
    if skipped.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Not run</h2>\n<ul class=\"skipped\">")?;
    skipped
        .iter()
        .try_for_each(|line| writeln!(out, "<li>SKIPPED: {}", text(line)))?;
    writeln!(out, "</ul>")
}

/// All failures. Each text is stored once, and the rows refer to its place.
#[derive(Default, Serialize)]
struct Data {
    texts: Vec<String>,
    rows: Vec<DataRow>,
    #[serde(skip)]
    places: HashMap<String, usize>,
}

#[derive(Serialize)]
struct DataRow {
    title: String,
    /// Section: failures, each with ID, reason, cut, whether it is only late, input, what is
    /// wrong, expected, got.
    cells: BTreeMap<String, Vec<[usize; 8]>>,
}

impl Data {
    fn add(&mut self, title: String, row: &Row) {
        let mut cells = BTreeMap::new();
        for (section, cell) in &row.cells {
            let wrong: Vec<_> = cell.wrong.iter().map(|wrong| self.wrong(wrong)).collect();
            if !wrong.is_empty() {
                cells.insert(section.clone(), wrong);
            }
        }
        self.rows.push(DataRow { title, cells });
    }

    fn wrong(&mut self, wrong: &Wrong) -> [usize; 8] {
        let failure = &wrong.failure;
        [
            self.place(&wrong.id),
            self.place(&wrong.reasons().collect::<Vec<_>>().join("; ")),
            self.place(failure.cut.as_deref().unwrap_or_default()),
            usize::from(failure.late),
            self.place(&failure.input),
            self.place(&failure.what),
            self.place(&failure.expected.join("\n")),
            self.place(&failure.got.join("\n")),
        ]
    }

    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.texts.push(text.to_owned());
        self.places.insert(text.to_owned(), self.texts.len() - 1);
        self.texts.len() - 1
    }
}

/// Text in an element or an attribute.
fn text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
