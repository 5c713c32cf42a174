//! The summary for a README: a row for each language.

use std::fmt::Write;

use super::markdown::inline;
use super::model::{Matrix, Row};

/// The languages by the number of their implementations; each with its right vectors.
pub(super) fn summary(matrix: &Matrix) -> String {
    let asked = |rows: &[Row]| rows.iter().map(Row::asked).max().unwrap_or_default();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "| language | parsers: vectors right, of up to {} | encoders, of up to {} |\n| --- | --- | --- |",
        asked(&matrix.parsers),
        asked(&matrix.encoders),
    );
    for language in languages(matrix) {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            inline(language),
            cell(&matrix.parsers, language),
            cell(&matrix.encoders, language),
        );
    }
    out
}

fn languages(matrix: &Matrix) -> Vec<&str> {
    let rows = || matrix.parsers.iter().chain(&matrix.encoders);
    let mut languages: Vec<&str> = rows().map(|row| row.language.as_str()).collect();
    languages.sort_unstable();
    languages.dedup();
    languages.sort_by_key(|language| {
        std::cmp::Reverse(rows().filter(|row| row.language == *language).count())
    });
    languages
}

fn cell(rows: &[Row], language: &str) -> String {
    let shown = rows
        .iter()
        .filter(|row| row.language == language)
        .map(|row| format!("{} {}", inline(&row.name), right(row)));
    shown.collect::<Vec<_>>().join(" · ")
}

fn right(row: &Row) -> String {
    match row.wrong() {
        0 => "**all**".to_owned(),
        _ => row.right().to_string(),
    }
}
