//! `esse conform --client`: scenarios against drivers that are shell commands. `client/tests` has
//! one that passes.

use std::fs;

use serde_json::{Value, json};

use super::{Folder, conform};

/// Says that the stream is open, and keeps the connection open.
const OPENS: &str = "open() { echo '{\"open\":true}'; exec curl -sN -o /dev/null -H Accept:text/event-stream \"$1\"; }; open";

fn client(command: &str, arguments: &[&str]) -> super::Run {
    conform(&[&["--client", command], arguments].concat())
}

/// The same client, which first says what it is.
fn described(line: &str) -> String {
    format!("echo '{line}'; {OPENS}")
}

#[test]
fn a_client_that_passes_is_counted() {
    let run = client(
        OPENS,
        &[
            "--scenario",
            "requests/accept",
            "--scenario",
            "answers/open",
        ],
    );
    run.exits(0)
        .has_stdout("\n  standard        2 of 2\n")
        .has_stdout("\n2 scenarios: all passed\n");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_client_that_fails_is_shown_with_the_rule_and_the_difference() {
    let run = client(OPENS, &["--scenario", "requests/cache-control"]);
    run.exits(1)
        .has_stdout("FAIL  requests/cache-control  (standard)\n  rule    A request goes past caches.\n  source  ")
        .has_stdout("\n  wrong   request 1: `cache-control` is absent, and should be \"no-cache\"\n")
        .has_stdout("\n  rerun   esse conform --client 'open() { echo '\\''{")
        .has_stdout("\n1 scenario: 0 passed, 1 failed\n");
}

#[test]
fn a_report_for_programs_has_every_scenario() {
    let run = client(
        "exit 1;",
        &[
            "--scenario",
            "requests/",
            "--basis",
            "mcp",
            "--basis",
            "policy",
            "--format",
            "json",
        ],
    );
    let report: Value = serde_json::from_str(&run.exits(1).stdout).unwrap();
    assert_eq!(report["client"], json!({ "name": "exit 1;" }));
    let scenarios = report["scenarios"].as_array().unwrap();
    let ids: Vec<_> = scenarios.iter().map(|scenario| &scenario["id"]).collect();
    assert_eq!(ids, ["requests/own-headers", "requests/own-accept"]);
    assert_eq!(scenarios[1]["basis"], "mcp");
    assert_eq!(scenarios[1]["outcome"], "failed");
    let first = "output 1 is nothing, and should be `open`";
    assert_eq!(scenarios[1]["differences"][0], first);
}

#[test]
fn a_scenario_for_which_it_lacks_an_option_is_not_asked() {
    let run = client(
        &described(r#"{"name":"x","language":"sh","options":["headers"]}"#),
        &[
            "--scenario",
            "requests/accept",
            "--scenario",
            "requests/own-accept",
        ],
    );
    run.exits(0)
        .has_stdout("x (sh)\n")
        .has_stdout("\n  mcp             0 of 0   1 not asked\n")
        .has_stdout("the option:\n  method               1 scenario\n")
        .has_stdout("\n2 scenarios: 1 passed, 1 not asked\n");
}

/// It fails at `requests/cache-control`, and passes `requests/accept`.
fn known(test: &str, known: &str, more: &[&str]) -> super::Run {
    let folder = Folder::new(test);
    let known = folder.write("known.json", known);
    let fixed = [
        "--scenario",
        "requests/cache-control",
        "--scenario",
        "requests/accept",
    ];
    let arguments = [&["--known", &known], &fixed[..], more].concat();
    client(&described(r#"{"name":"x"}"#), &arguments)
}

#[test]
fn a_known_failure_is_as_expected_and_one_that_no_longer_fails_is_not() {
    let cache = r#""requests/cache-control":"It asks caches, too.""#;
    let run = known(
        "client-known",
        &format!(r#"{{"subject":"x","failures":{{{cache}}}}}"#),
        &[],
    );
    run.exits(0)
        .has_stdout("\n2 scenarios: 1 passed, 1 known to fail\n");
    let accept = r#""requests/accept":"It was wrong.""#;
    let both = format!(r#"{{"subject":"x","failures":{{{cache},{accept}}}}}"#);
    known("client-stale", &both, &[]).exits(1).has_stdout(
        "STALE requests/accept  (standard)\n  listed as a known failure, but it does not fail: It was wrong.\n",
    );
    let not_run =
        r#"{"subject":"x","failures":{"requests/cache-control":"why","load/5-mib":"why"}}"#;
    known("client-not-run", not_run, &[]).exits(0);
}

#[test]
fn a_file_of_known_failures_that_cannot_be_used_is_an_error() {
    for (test, known_failures, reason) in table! {
        "client-vector" => r#"{"subject":"x","failures":{"bom/twice":"x"}}"#, "names no vector, scenario or check";
        "client-slow"
            => r#"{"subject":"x","failures":{},"slow":{"load/5-mib":"x"}}"#, "no scenario or check asks for speed";
        "client-other" => r#"{"subject":"y","failures":{}}"#, "known failures for \"y\", but no subject has that name: there is \"x\"";
    } {
        known(test, known_failures, &[]).is_refused(reason);
    }
}

#[test]
fn known_failures_are_written_with_their_reasons() {
    let folder = Folder::new("client-write");
    let path = folder.write("written.json", "");
    let old = r#"{"subject":"x","failures":{"requests/cache-control":"It asks caches, too."}}"#;
    known("client-kept", old, &["--write-known", &path]).exits(0);
    let read = || serde_json::from_str::<Value>(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(read(), serde_json::from_str::<Value>(old).unwrap());
    known(
        "client-new",
        r#"{"subject":"x","failures":{}}"#,
        &["--write-known", &path],
    )
    .exits(1);
    let todo = "TODO: request 1: `cache-control` is absent, and should be \"no-cache\"";
    assert_eq!(
        read()["failures"],
        json!({ "requests/cache-control": todo })
    );
}

#[test]
fn entries_of_what_was_not_run_are_written_again() {
    let folder = Folder::new("client-others");
    let entries = r#"{"requests/cache-control":"It asks caches, too.","load/5-mib":"It is slow.",
        "methods/post":"It has no method."}"#;
    let known = format!(r#"{{"subject":"x","failures":{entries}}}"#);
    let file = folder.write("known.json", &known);
    let run = client(
        &described(r#"{"name":"x","options":[]}"#),
        &[
            "--scenario",
            "requests/cache-control",
            "--scenario",
            "methods/post",
            "--known",
            &file,
            "--write-known",
            &file,
        ],
    );
    run.exits(0).has_stdout(" not asked\n");
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(&known).unwrap());
}

/// Neither right nor wrong, known or not.
#[test]
fn a_client_that_is_not_started_in_time_is_an_error_and_no_known_failure() {
    let folder = Folder::new("client-not-started");
    let known = r#"{"subject":"sleep 60;","failures":{"requests/accept":"Why."}}"#;
    let file = folder.write("known.json", known);
    let report = folder.write("report.xml", "");
    let fixed = [
        "--scenario",
        "requests/accept",
        "--scenario",
        "answers/open",
    ];
    let files = [
        "--known",
        &file,
        "--write-known",
        &file,
        "--report",
        &report,
    ];
    let few = ["--timeout", "0.2", "--jobs", "1"];
    let run = client("sleep 60;", &[&fixed[..], &files, &few].concat());
    run.exits(1)
        .has_stdout(
            "NOT STARTED requests/accept  (standard)\n  it made no request and printed nothing ",
        )
        .has_stdout("\n2 scenarios: 0 passed, 2 not started in time\n");
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(known).unwrap());
    let report = fs::read_to_string(report).unwrap();
    assert!(
        report.contains("failures=\"0\" errors=\"2\" skipped=\"0\"")
            && report.contains("name=\"requests/accept\"><error message=\"it made no request"),
        "{report}"
    );
}

#[test]
fn reports_are_written_in_the_form_of_their_names() {
    let folder = Folder::new("client-reports");
    let names = ["a.txt", "a.json", "a.xml", "a.md"].map(|name| folder.write(name, ""));
    let reports = names.each_ref().map(|name| ["--report", name]);
    let fixed = ["--scenario", "requests/accept", "--format", "junit"];
    let arguments = [&fixed[..], &reports.concat()].concat();
    let run = client(&described(r#"{"name":"x"}"#), &arguments);
    run.exits(0);
    let texts = names.map(|name| fs::read_to_string(name).unwrap());
    let starts = [
        "x\n\n  standard ",
        "{\n",
        "<?xml",
        "| basis | x | not asked |\n",
    ];
    for (text, start) in texts.iter().zip(starts) {
        assert!(text.starts_with(start), "{text}");
    }
    assert_eq!(run.stdout, texts[2]);
}

#[test]
fn a_driver_that_cannot_be_run_is_an_error() {
    client("esse-no-such-driver", &[]).is_refused("the driver cannot be run: exit status: 127: ");
}

#[test]
fn wrong_arguments_are_an_error_with_a_reason() {
    for (arguments, reason) in [
        (
            &["--scenario", "answers/204-frist"][..],
            "no scenario ID is or starts with \"answers/204-frist\"; the nearest are answers/204-first, ",
        ),
        (
            &["--scenario", "load/", "--basis", "mcp"],
            "no scenario has both such an ID and such a basis",
        ),
        (&["--known", "no/such/file.json"], "no/such/file.json: "),
        (&["--report", "report.pdf"], "must end in .txt, .json, .xml"),
        (&["--basis", "taste"], "possible values"),
        (&["--subject", "x"], "cannot be used with"),
        (&["--vector", "bom/"], "cannot be used with"),
        (&["--cuts", "full"], "cannot be used with"),
    ] {
        client("true", arguments).is_refused(reason);
    }
    conform(&["--scenario", "load/"]).is_refused("--client");
}
