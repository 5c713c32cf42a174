//! The summary for a README: a row for each language.

use std::fmt::Write;

use esse_conformance::report::markdown::inline;

use super::model::{Matrix, Row};

/// The languages by the number of their implementations, each with right/asked.
pub(super) fn summary(matrix: &Matrix) -> String {
    let mut out = "| language | parsers | encoders |\n| --- | --- | --- |\n".to_owned();
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
        .map(|row| format!("{} {}", inline(&row.name), score(row)));
    shown.collect::<Vec<_>>().join(" · ")
}

/// In bold if all is right.
fn score(row: &Row) -> String {
    let score = format!("{}/{}", row.right(), row.asked());
    if row.wrong() == 0 {
        format!("**{score}**")
    } else {
        score
    }
}
