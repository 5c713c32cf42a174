//! Known failures.

use super::{ESSE, Folder, Run, conform, in_between};

/// A subject named esse that fails at `data/bare-2` and nowhere else.
fn conform_known(test: &str, known: &str) -> Run {
    let folder = Folder::new(test);
    // "data\ndata\n\n" in base64.
    let look = "case \"$line\" in *'[\"ZGF0YQpkYXRhCgo=\"]'*) line=\"{}\";; esac";
    let subject = format!("sh '{}'", folder.write("subject", &in_between(look)));
    let known = folder.write("known.json", known);
    conform(&[
        "--subject",
        &subject,
        "--known",
        &known,
        "--vector",
        "data/bare-",
        "--cuts",
        "quick",
    ])
}

#[test]
fn a_known_failure_is_as_expected() {
    let known = r#"{"subject":"esse","failures":{"data/bare-2":"it has a bad day"}}"#;
    let run = conform_known("known", known);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(
        run.stdout.contains("4 passed, 1 known to fail"),
        "{}",
        run.stdout
    );
}

#[test]
fn an_entry_that_no_longer_fails_is_an_error() {
    let known = r#"{"subject":"esse","failures":{"data/bare-2":"bad","data/bare-3":"worse"}}"#;
    let run = conform_known("stale", known);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("STALE data/bare-3"), "{}", run.stdout);
}

#[test]
fn an_entry_of_a_vector_that_was_not_run_is_let_be() {
    let known = r#"{"subject":"esse","failures":{"data/bare-2":"bad","bom/twice":"bad"}}"#;
    assert_eq!(conform_known("not-run", known).code, Some(0));
}

#[test]
fn a_file_that_cannot_be_used_is_an_error_at_once() {
    for (test, known, reason) in [
        (
            "unknown",
            r#"{"subject":"esse","failures":{"data/bear":"x"}}"#,
            "names no vector",
        ),
        (
            "no-reason",
            r#"{"subject":"esse","failures":{"data/bare-2":""}}"#,
            "gives no reason",
        ),
        (
            "other",
            r#"{"subject":"other","failures":{}}"#,
            "\"other\", but no subject has that name",
        ),
        ("shape", "[]", "not a file of known failures"),
    ] {
        let run = conform_known(test, known);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{known}");
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
    let run = conform(&["--known", "no/such/file.json"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("no/such/file.json: "), "{}", run.stderr);
}

#[test]
fn each_file_is_matched_to_its_subject_by_name() {
    let folder = Folder::new("match");
    let none = folder.write("none.json", r#"{"subject":"esse","failures":{}}"#);
    let subject = format!("'{ESSE}' subject");
    let twice = ["--subject", &subject, "--known", &none, "--known", &none];
    let run = conform(&twice);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr
            .contains("two files of known failures for \"esse\""),
        "{}",
        run.stderr
    );
}
