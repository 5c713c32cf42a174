//! Known failures.

use std::fs;

use serde_json::Value;

use super::{ESSE, Folder, Run, at_each_parse, at_third, conform, conform_script, in_between};

/// A subject named esse that fails at `data/bare-2` and nowhere else.
fn conform_known(test: &str, known: &str) -> Run {
    let folder = Folder::new(test);
    // "data\ndata\n\n" in base64.
    let look = "case \"$line\" in *'[\"ZGF0YQpkYXRhCgo=\"]'*) line=\"{}\";; esac";
    let subject = format!("sh '{}'", folder.write("subject", &in_between(look)));
    let known = folder.write("known.json", known);
    let fixed = ["--vector", "data/bare-", "--cuts", "quick"];
    conform(&[&["--subject", &subject, "--known", &known], &fixed[..]].concat())
}

#[test]
fn a_known_failure_is_as_expected() {
    let known = r#"{"subject":"esse","failures":{"data/bare-2":"it has a bad day"}}"#;
    let run = conform_known("known", known);
    run.exits(0).has_stdout("4 passed, 1 known to fail");
}

#[test]
fn an_entry_that_no_longer_fails_is_an_error() {
    let known = r#"{"subject":"esse","failures":{"data/bare-2":"bad","data/bare-3":"worse"}}"#;
    let run = conform_known("stale", known);
    run.exits(1).has_stdout("STALE data/bare-3");
}

#[test]
fn an_entry_of_a_vector_that_was_not_run_is_let_be() {
    let known = r#"{"subject":"esse","failures":{"data/bare-2":"bad","bom/twice":"bad"}}"#;
    assert_eq!(conform_known("not-run", known).code, Some(0));
}

#[test]
fn entries_of_vectors_that_were_not_run_are_written_again() {
    let folder = Folder::new("others");
    let known = r#"{"subject":"esse","failures":{"bom/twice":"a reason","encode/data/cr":"another"},
        "slow":{"load/x":"slow"}}"#;
    let known = known
        .replace("load/x", "data/bare-2")
        .replace("encode/data/cr", "data/bare-4");
    let file = folder.write("known.json", &known);
    let subject = format!("'{ESSE}' subject");
    let files = ["--known", &file, "--write-known", &file];
    let fixed = [
        "--subject",
        &subject,
        "--vector",
        "data/bare-3",
        "--cuts",
        "quick",
    ];
    conform(&[&fixed[..], &files].concat()).exits(0);
    let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(&known).unwrap());
}

#[test]
fn a_file_that_cannot_be_used_is_an_error_at_once() {
    for (test, known, reason) in table! {
        "unknown" => r#"{"subject":"esse","failures":{"data/bear":"x"}}"#, "names no vector";
        "no-reason" => r#"{"subject":"esse","failures":{"data/bare-2":""}}"#, "gives no reason";
        "other"
            => r#"{"subject":"other","failures":{}}"#, "\"other\", but no subject has that name";
        "shape" => "[]", "not a file of known failures";
    } {
        let run = conform_known(test, known);
        run.is_refused(reason);
    }
    let run = conform(&["--known", "no/such/file.json"]);
    run.exits(2)
        .has_stderr("no/such/file.json: No such file or directory\n");
}

#[test]
fn each_file_is_matched_to_its_subject_by_name() {
    let folder = Folder::new("match");
    let none = folder.write("none.json", r#"{"subject":"esse","failures":{}}"#);
    let subject = format!("'{ESSE}' subject");
    let twice = ["--subject", &subject, "--known", &none, "--known", &none];
    let run = conform(&twice);
    run.exits(2)
        .has_stderr("two files of known failures for \"esse\"");
}

/// As a subject on a slower machine: each answer takes longer, and what hangs never ends. The vectors
/// that it is too slow for are not sent, so it is right and wrong about the same ones.
#[test]
fn the_speed_of_a_subject_does_not_change_its_score() {
    let folder = Folder::new("speed");
    let known = folder.write(
        "known.json",
        r#"{"subject":"esse","failures":{"data/bare-2":"a bad day"},"slow":{"data/bare-3":"hangs"}}"#,
    );
    let tally_at = |delay: &str| {
        let bad = "case \"$line\" in *'[\"ZGF0YQpkYXRhCgo=\"]'*) line=\"{}\";; esac";
        // "data\ndata\ndata\n\n" in base64.
        let hang = "case \"$line\" in *'[\"ZGF0YQpkYXRhCmRhdGEKCg==\"]'*) sleep 1000;; esac";
        let script = in_between(&format!("sleep {delay}\n{bad}\n{hang}"));
        let subject = format!("exec sh '{}'", folder.write(delay, &script));
        let fixed = ["--subject", &subject, "--known", &known, "--format", "json"];
        let run = conform(&[&fixed[..], &["--vector", "data/bare-", "--cuts", "quick"]].concat());
        run.exits(0);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        report["subjects"][0]["tally"].clone()
    };
    let fast = tally_at("0");
    let counts = ["passed", "known", "slow"].map(|name| fast[name].as_u64());
    assert_eq!(counts, [Some(3), Some(1), Some(1)], "{fast}");
    assert_eq!(tally_at("0.1"), fast);
}

#[test]
fn a_time_out_is_neither_right_nor_wrong() {
    let more = ["--timeout", "2"];
    let run = conform_script("no-answer", &at_third("sleep 1000"), &more);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let tally = &report["subjects"][0]["tally"];
    let counts = ["failed", "timedOut"].map(|name| tally[name].as_u64());
    assert_eq!((run.code, counts), (Some(1), [Some(0), Some(1)]));
}

/// What is written about a subject that is given up has only what was run, and the next run is not
/// green.
#[test]
fn what_was_not_run_is_neither_known_nor_slow() {
    for (test, action, timeout, object, run_before) in [
        ("crashing", "kill -9 0", "60", "failures", 32),
        ("hanging", "sleep 1000", "0.5", "slow", 4),
    ] {
        let folder = Folder::new(test);
        let subject = format!(
            "exec sh '{}'",
            folder.write("subject", &at_each_parse(action))
        );
        let file = folder.write("known.json", "");
        let fixed = ["--subject", &subject, "--vector", "retry/", "--jobs", "1"];
        let fixed = [&fixed[..], &["--timeout", timeout]].concat();

        let run = conform(&[&fixed[..], &["--write-known", &file]].concat());
        run.exits(1)
            .has_stdout(" vectors: the subject was given up after ");
        run.has_stderr("was not updated for vectors that were not run (");
        let known: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(
            known[object].as_object().unwrap().len(),
            run_before,
            "{known}"
        );

        let again = conform(&[&fixed[..], &["--known", &file, "--write-known", &file]].concat());
        again.exits(1).has_stdout("NOT RUN ");
        let again: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let todo = known[object].as_object().unwrap();
        assert!(
            todo.iter().all(|(id, reason)| again[object][id] == *reason),
            "{again}"
        );
    }
}
