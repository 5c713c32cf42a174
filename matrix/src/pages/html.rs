//! The page for a browser: one file, with its style, its script and all failures.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::markdown::{TIMING, each, encoders, measured, parsers};
use super::model::{Matrix, Row, Wrong, sections};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub(super) fn page(matrix: &Matrix) -> String {
    let mut data = Data::default();
    let parser_table = table(&mut data, "parser", &matrix.parsers);
    let encoder_table = table(&mut data, "encoder", &matrix.encoders);
    let json = serde_json::to_string(&data).unwrap_or_default();
    // Nothing in it may end the element.
    let json = json.replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Event streams: implementations side by side</title>\n<style>\n{STYLE}</style>\n\
         <header><h1>Event streams: implementations side by side</h1>\n{}</header>\n<main>\n\
         <h2>Parsers</h2>\n<p>{} Select a number to see the streams.</p>\n{parser_table}{}\
         <h2>Encoders</h2>\n<p>{}</p>\n{encoder_table}{}\
         </main>\n<dialog id=\"failures\" aria-labelledby=\"failures-title\"></dialog>\n\
         <script type=\"application/json\" id=\"data\">{json}</script>\n<script>\n{SCRIPT}</script>\n</html>\n",
        each(&matrix.notes, |note| format!(
            "<p class=\"note\">{}</p>\n",
            text(note)
        )),
        text(&parsers(matrix)),
        probes(matrix),
        text(&encoders(matrix)),
        skipped(&matrix.skipped),
    )
}

fn table(data: &mut Data, role: &str, rows: &[Row]) -> String {
    let sections = sections(rows);
    let heads = each(&sections, |name| {
        let (number, name) = name.split_once('/').unwrap_or(("", name));
        let (number, name) = (text(number), text(name));
        format!("<th class=\"section\"><span><small>{number}</small> {name}</span>\n")
    });
    let rows = each(rows, |row| {
        let number = data.rows.len();
        data.add(format!("{} ({role})", row.name), row);
        format!(
            "<tr><th scope=\"row\">{} <small>{} · {}</small><td class=\"right\">{}<small>/{}</small>\n{}",
            name(row),
            text(&row.version),
            text(&row.language),
            row.right(),
            row.asked(),
            each(&sections, |section| cell(row, number, section)),
        )
    });
    format!(
        "<table class=\"matrix\"><thead><tr><th>implementation<th>right\n{heads}</thead><tbody>\n\
         {rows}</tbody></table>\n"
    )
}

fn name(row: &Row) -> String {
    let name = format!("<b>{}</b>", text(&row.name));
    match row.link() {
        None => name,
        Some(link) => format!("<a href=\"{}\">{name}</a>", text(link)),
    }
}

fn cell(row: &Row, number: usize, section: &str) -> String {
    let Some(cell) = row.cells.get(section).filter(|cell| cell.asked > 0) else {
        return "<td class=\"none\">\n".to_owned();
    };
    let (label, asked, wrong) = (text(section), cell.asked, cell.wrong.len());
    if wrong == 0 {
        return format!(
            "<td class=\"good\" data-label=\"{label}\"><span title=\"all {asked} of {label}\">✓</span>\n"
        );
    }
    let shade = shade(wrong, asked);
    format!(
        "<td class=\"bad s{shade}\" data-label=\"{label}\"><button data-row=\"{number}\" data-section=\"{label}\" title=\"{wrong} of {asked} wrong in {label}\">{wrong}</button>\n"
    )
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

const PROBES: [&str; 9] = [
    "LF",
    "CR",
    "CRLF",
    "1, 2, 4 MiB (ms)",
    "4 : 1",
    "100 MiB",
    "late only",
    "too slow for",
    "crashed or hung",
];

fn probes(matrix: &Matrix) -> String {
    let heads = each(&PROBES, |label| {
        format!("<th>{}", label.trim_end_matches(" (ms)"))
    });
    let rows = each(&matrix.parsers, |row| match matrix.probe(row) {
        None => String::new(),
        Some(probe) => {
            let counts = [row.late(), row.too_slow(), row.lost()];
            let values = measured(probe)
                .into_iter()
                .chain(counts.map(|count| count.to_string()));
            let cells: Vec<_> = PROBES.into_iter().zip(values).collect();
            format!(
                "<tr><th scope=\"row\">{} <small>{}</small>\n{}",
                text(&row.name),
                text(&row.language),
                each(&cells, |(label, value)| {
                    format!("<td data-label=\"{label}\">{}\n", text(value))
                }),
            )
        }
    });
    format!(
        "<h2>Timing and limits of the parsers</h2>\n<p>{TIMING}</p>\n\
         <table class=\"probes\"><thead><tr><th>implementation{heads}</thead><tbody>\n\
         {rows}</tbody></table>\n"
    )
}

fn skipped(skipped: &[String]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let lines = each(skipped, |line| format!("<li>SKIPPED: {}\n", text(line)));
    format!("<h2>Not run</h2>\n<ul class=\"skipped\">\n{lines}</ul>\n")
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
