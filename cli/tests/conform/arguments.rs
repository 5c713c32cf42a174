//! What the arguments do.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use super::{ESSE, Folder, Run, conform};

#[test]
fn the_built_in_pair_passes_and_says_how_much_was_run() {
    let run = conform(&["--vector", "bom/then-lf"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.stdout.starts_with("esse "), "{}", run.stdout);
    assert!(
        run.stdout.ends_with("1 vector, 96 cuts: all passed\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn one_vector_at_one_cut() {
    let run = conform(&["--vector", "bom/then-lf", "--cut", "3,3"]);
    assert!(
        run.stdout.ends_with("1 vector, 1 cut: all passed\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn an_id_stands_for_itself_before_those_that_start_so() {
    let exact = conform(&["--vector", "bom/then-lf", "--cut", "whole"]);
    exact.has_stdout("\n1 vector, ");
    let several = conform(&["--vector", "bom/then", "--cut", "whole"]);
    assert!(
        !several.stdout.contains("\n1 vectors"),
        "{}",
        several.stdout
    );
}

#[test]
fn the_seed_changes_the_cuts_and_not_the_result() {
    for seed in ["0", "7", "18446744073709551615"] {
        let fixed = ["--vector", "real-shapes/", "--cuts", "quick"];
        let run = conform(&[&fixed[..], &["--seed", seed]].concat());
        run.exits(0);
    }
}

#[test]
fn wrong_arguments_are_an_error_with_a_reason() {
    for (arguments, reason) in [
        (
            &["--vector", "no/such"][..],
            "no vector ID is or starts with \"no/such\"; the nearest are ",
        ),
        (
            &["--vector", "bom/then-lf", "--cut", "999"],
            "lies past the end of bom/then-lf",
        ),
        (&["--cut", "3,2"], "2 follows 3"),
        (&["--cut", "half"], "not a cut"),
        (&["--format", "pdf"], "possible values"),
        (&["--timeout", "0"], "more than 0"),
        (&["--timeout", "soon"], "not a number"),
        (&["--timeout", "1e300"], "--timeout"),
        (&["--seed", "-1"], "'-1'"),
        (&["--jobs", "0"], "whole number of at least 1"),
    ] {
        let run = conform(arguments);
        run.is_refused(reason);
    }
}

#[test]
fn what_would_change_nothing_is_refused() {
    let oneshot = ["--oneshot", "cat"];
    for (arguments, reason) in [
        (
            &["--client", "true", "--check", "resume/"][..],
            "cannot be used with",
        ),
        (
            &["--server", "true", "--scenario", "retry"],
            "cannot be used with",
        ),
        (&["--cut", "3", "--cuts", "full"], "cannot be used with"),
        (&["--cut", "3", "--seed", "5"], "cannot be used with"),
        (
            &[&oneshot[..], &["--cuts", "full"]].concat(),
            "leave out --cuts and --seed",
        ),
        (
            &[&oneshot[..], &["--seed", "3"]].concat(),
            "leave out --cuts and --seed",
        ),
        (&["--jobs", "2"], "leave out --jobs and --timeout"),
        (&["--timeout", "2"], "leave out --jobs and --timeout"),
        (
            &["--report", "a.json", "--report", "./a.json"],
            "./a.json would be written twice",
        ),
        (
            &["--report", "a.json", "--write-known", "a.json"],
            "a.json would be written twice",
        ),
    ] {
        conform(arguments).is_refused(reason);
    }
}

#[test]
fn the_name_of_a_report_may_be_any_bytes() {
    let folder = Folder::new("report-names");
    let file = folder.0.join(OsStr::from_bytes(b"\xff.json"));
    let mut esse = Command::new(ESSE);
    esse.args([
        "conform",
        "--vector",
        "bom/then-lf",
        "--cut",
        "whole",
        "--report",
    ]);
    Run::of(&esse.arg(&file).output().unwrap()).exits(0);
    assert!(std::fs::read(&file).unwrap().starts_with(b"{"));
}

#[test]
fn every_format_is_written() {
    for (format, start) in [
        ("text", "esse "),
        ("json", "{\n"),
        ("junit", "<?xml"),
        ("markdown", "| section | [esse "),
    ] {
        let fixed = ["--vector", "bom/then-lf", "--cut", "whole"];
        let run = conform(&[&fixed[..], &["--format", format]].concat());
        run.exits(0);
        assert!(run.stdout.starts_with(start), "{}", run.stdout);
    }
}
