//! A subject that fails often: what is shown, and how to start a file of known failures.

use std::fs;

use serde_json::Value;

use super::{ESSE, Folder, Run, conform};

/// It prints no event at all.
const SILENT: [&str; 6] = [
    "--oneshot",
    "cat >/dev/null",
    "--vector",
    "bom/",
    "--timeout",
    "60",
];

fn silent(more: &[&str]) -> Run {
    conform(&[&SILENT[..], more].concat())
}

fn failed(report: &str) -> usize {
    report
        .lines()
        .filter(|line| line.starts_with("FAILED "))
        .count()
}

#[test]
fn many_failures_are_grouped_by_class_of_bug_and_a_file_holds_all() {
    let folder = Folder::new("classes");
    let file = folder.write("report.txt", "");
    let run = silent(&["--first", "1", "--report", &file]);
    run.exits(1);
    let (summary, details) = run.stdout.split_once("\nDETAILS\n").unwrap();
    let (_, summary) = summary.split_once("FAILURES BY CLASS OF BUG\n").unwrap();
    let classes = summary.matches("\n    for example ").count();
    assert!(classes > 2, "{summary}");
    assert_eq!(failed(details), classes);
    // The note of the class, and the smallest of its vectors.
    assert!(summary.contains(": BOM not stripped (Bom)\n"), "{summary}");
    assert!(summary.contains("the first line is lost"), "{summary}");
    assert!(details.contains(" MORE of Bom"), "{details}");
    let all = fs::read_to_string(&file).unwrap();
    let last = all.lines().last().unwrap();
    let counted = last
        .split(", ")
        .find_map(|part| part.strip_suffix(" failed"));
    assert_eq!(Some(failed(&all).to_string().as_str()), counted, "{last}");
    assert!(!all.contains(" MORE of "));
}

#[test]
fn a_few_failures_are_shown_without_a_summary() {
    let few = conform(&["--oneshot", "cat >/dev/null", "--vector", "data/bare-1"]);
    assert!(!few.stdout.contains("BY CLASS"), "{}", few.stdout);
    assert_eq!(failed(&few.stdout), 1);
}

#[test]
fn a_file_of_known_failures_can_be_written_and_then_used() {
    let folder = Folder::new("write-known");
    let file = folder.write("known.json", "to be replaced");
    let run = silent(&["--write-known", &file]);
    run.exits(1);
    let known: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(known["subject"], "cat >/dev/null");
    let reasons = known["failures"].as_object().unwrap();
    assert!(reasons.len() > 10);
    assert!(
        reasons
            .values()
            .all(|reason| reason.as_str().unwrap().starts_with("TODO: "))
    );

    // A reason that was given stays.
    let text = fs::read_to_string(&file).unwrap();
    let (id, todo) = reasons.iter().next().unwrap();
    let reason = "It prints nothing.";
    let edited = text.replacen(
        &format!("\"{id}\": {todo}"),
        &format!("\"{id}\": \"{reason}\""),
        1,
    );
    assert_ne!(edited, text);
    let known = folder.write("edited.json", &edited);
    let again = silent(&["--known", &known, "--write-known", &file]);
    again.exits(0);
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written["failures"][id], reason);
    assert_eq!(
        written["failures"].as_object().unwrap().len(),
        reasons.len()
    );
}

#[test]
fn a_file_of_known_failures_is_written_for_one_subject() {
    let run = silent(&["--oneshot", "cat", "--write-known", "known.json"]);
    run.is_refused("takes one subject");
}

#[test]
fn a_sample_of_the_cuts_is_said_to_be_one() {
    let subject = format!("'{ESSE}' subject");
    let fixed = ["--subject", &subject, "--vector", "data/bare-"];
    let brief = conform(&[&fixed[..], &["--cuts", "brief"]].concat());
    brief.has_stdout("(--cuts brief); --cuts full makes all");
    let full = conform(&fixed);
    assert!(!full.stdout.contains("--cuts"), "{}", full.stdout);
}
