//! The pages of a small matrix.

use std::fs;
use std::path::{Path, PathBuf};

use esse_conformance::report::markdown::inline;
use esse_conformance::subject::Known;
use esse_conformance::suite::Suite;

use super::model::Matrix;
use super::read::File;
use super::{browsers, html, markdown, short};

const REPORTS: &str = r#"{"subjects":[
    {"name":"good","language":"C","implementationVersion":"1","homepage":"https://good.example","vectors":[
        {"id":"bom/one","spec":"9.2.5/bom/1","role":"parse","outcome":"passed"},
        {"id":"id/skip","spec":"9.2.4/last-event-id","role":"parse","outcome":"skipped","reason":"no IDs"},
        {"id":"bom/slow","spec":"9.2.5/bom/3","role":"parse","outcome":"slow","reason":"quadratic"},
        {"id":"bom/hangs","spec":"9.2.5/bom/4","role":"parse","outcome":"timedOut",
         "failure":{"late":false,"lost":true,"cut":"3","input":"","what":"timed out","expected":[],"got":[]}},
        {"id":"encode/data","spec":"9.2.5/stream","role":"encode","outcome":"passed"}]},
    {"name":"b<a>d","language":"C","homepage":"pkg:c/bad","vectors":[
        {"id":"bom/one","spec":"9.2.5/bom/1","role":"parse","outcome":"known","reason":"keeps it; waits",
         "failure":{"late":false,"lost":true,"cut":"3","input":"\"</script>\"","what":"differs","expected":["x"],"got":["y"]}},
        {"id":"bom/two","spec":"9.2.5/bom/2","role":"parse","outcome":"failed",
         "failure":{"late":true,"cut":"whole","input":"\"\"","what":"late","expected":[],"got":[]}}]}]}"#;
const PROBES: &str = r#"{"probes":[{"name":"good","language":"C","afterLf":"atOnce","afterCr":"later",
    "afterCrlf":null,"growth":[2.0,4.0,8.0],"longLine":"handed out"}]}"#;

fn matrix() -> Matrix {
    let mut matrix = Matrix::default();
    for json in [REPORTS, PROBES] {
        matrix.add(serde_json::from_str::<File>(json).unwrap());
    }
    matrix.sort();
    matrix.skipped.push("gone: cannot be had".to_owned());
    matrix
}

#[test]
fn the_page_for_a_repository_counts_by_section() {
    let page = markdown::page(&matrix());
    for line in [
        "| implementation | language | right/asked | too slow for | late only | 9.2.5 bom |",
        "| [good 1](https://good.example) | C | 1/1 | 2 | 0 | ✓ |",
        "| b&lt;a&gt;d | C | 0/2 | 0 | 1 | 2/2 |",
        "| good | at once | late | no event | 2, 4, 8 | 4.0 | handed out | 0 |",
        "- SKIPPED: gone: cannot be had",
        "- 1: keeps it",
        "- 1: waits",
        "- 1: not explained yet",
    ] {
        assert!(page.lines().any(|other| other == line), "{line}\n{page}");
    }
}

#[test]
fn the_page_for_a_browser_has_each_failure_and_no_foreign_markup() {
    let page = html::page(&matrix());
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains(r"\u003c/script>"));
    assert!(page.contains("b&lt;a&gt;d") && !page.contains("<a>d"));
    assert_eq!(
        page.matches("data-row=\"1\" data-section=\"9.2.5/bom\"")
            .count(),
        1
    );
    assert!(page.contains("SKIPPED: gone: cannot be had"));
    assert!(page.contains("href=\"https://good.example\"") && !page.contains("pkg:"));
}

#[test]
fn the_summary_has_a_row_for_each_language() {
    let summary = short::summary(&matrix());
    assert!(
        summary.ends_with("| C | good **1/1** · b&lt;a&gt;d 0/2 | good **1/1** |\n"),
        "{summary}"
    );
}

#[test]
fn each_browser_is_a_row_with_the_sentences_of_its_deviations() {
    let file = in_repository("spec-vectors/certified.json");
    let subjects = browsers::read(&file).unwrap();
    let names: Vec<&str> = subjects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Chromium", "Firefox", "WebKitGTK"]);
    let chromium = &subjects[0].vectors;
    let wrong = chromium.iter().find(|one| one.id == "bom/then-lf").unwrap();
    assert_eq!(
        wrong.reason.as_deref(),
        Some("a CR or LF right after the byte order mark does not end a line")
    );
    for vector in subjects.iter().flat_map(|one| &one.vectors) {
        let Some(failure) = &vector.failure else {
            assert_eq!(vector.outcome, "passed");
            continue;
        };
        assert_ne!(failure.expected, failure.got, "{}", vector.id);
        let reason = vector.reason.as_deref().unwrap();
        assert!(reason.contains(' '), "{}: only a name: {reason}", vector.id);
    }
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// `scripts/matrix` checks the rest: that a subject fails these and no others.
#[test]
fn known_failures_are_of_vectors_and_their_reasons_are_in_the_page() {
    let suite = Suite::load().unwrap();
    let parse = suite.parse.iter().map(|case| &case.vector.id);
    let encode = suite.encode.iter().map(|case| &case.vector.id);
    let ids: Vec<&String> = parse.chain(encode).collect();
    let page = fs::read_to_string(in_repository("MATRIX.md")).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(in_repository("subjects/known")).unwrap() {
        let path = entry.unwrap().path();
        let known = Known::read(&path).unwrap();
        let checked = known.check(|id| ids.iter().any(|other| *other == id));
        assert!(checked.is_ok(), "{}: {checked:?}", path.display());
        let reasons = known
            .failures
            .values()
            .flat_map(|reasons| reasons.split("; "));
        for reason in reasons {
            assert!(
                page.contains(&format!(": {}\n", inline(reason))),
                "{reason}"
            );
        }
        files += 1;
    }
    assert!(files >= 20, "{files}");
}
