//! `esse conform --server`: checks against a server that is wrong, behind shell commands.
//! `behaviour/tests` has one that passes.

use std::fs;

use esse_testkit::bare_server;
use serde_json::{Value, json};

use super::{Folder, conform};

/// Says that it listens where nobody does, and accepts everything.
const SILENT: &str = r#"echo '{"url":"http://127.0.0.1:1/x","name":"silent","version":"2","options":["ids"]}'
    while read -r _; do echo '{"ok":true}'; done"#;
/// One that fails, and one that passes.
const FEW: [&str; 4] = ["--check", "head/no-store", "--check", "head/status"];

fn server(command: &str, arguments: &[&str]) -> super::Run {
    conform(&[&["--server", command], arguments].concat())
}

/// It fails at `head/no-store`, and passes `head/status`.
fn known(test: &str, known: &str, more: &[&str]) -> super::Run {
    let folder = Folder::new(test);
    let known = folder.write("known.json", known);
    server(
        &bare_server().unwrap(),
        &[&["--known", &known], &FEW[..], more].concat(),
    )
}

#[test]
fn a_server_that_fails_is_shown_with_the_rule_and_the_difference() {
    let run = server(SILENT, &["--check", "bytes/id"]);
    run.exits(1)
        .has_stdout("silent 2\n\n  standard        0 of 1   1 failed\n")
        .has_stdout("FAIL  bytes/id  (standard)\n  rule    The ID arrives.\n  source  HTML 9.2.6")
        .has_stdout("\n  wrong   the server does not take a request: ")
        .has_stdout("\n  rerun   esse conform --server 'echo '\\''{")
        .has_stdout("\n1 check: 0 passed, 1 failed\n");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_url_in_place_of_a_command_is_explained() {
    let run = server("http://127.0.0.1:1/events", &[]);
    run.exits(2)
        .has_stderr("a URL cannot publish what the checks ask for");
}

#[test]
fn what_a_server_does_not_have_is_not_asked() {
    let run = server(SILENT, &["--check", "keep-alive/", "--check", "bytes/type"]);
    run.exits(0)
        .has_stdout(
            "the option:\n  types                1 check\n  keep-alive           4 checks\n",
        )
        .has_stdout("\n5 checks: 0 passed, 5 not asked\n");
}

#[test]
fn a_report_for_programs_has_every_check() {
    let arguments = [
        "--check", "bytes/", "--basis", "standard", "--format", "json",
    ];
    let run = server(SILENT, &arguments);
    let report: Value = serde_json::from_str(&run.exits(1).stdout).unwrap();
    assert_eq!(
        report["server"],
        json!({ "name": "silent", "version": "2", "options": ["ids"] })
    );
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks[0]["id"], "bytes/plain");
    assert_eq!(checks[0]["outcome"], "failed");
    let by_id = |id: &str| checks.iter().find(|check| check["id"] == id).unwrap();
    assert_eq!(by_id("bytes/type")["outcome"], "notAsked");
    assert_eq!(by_id("bytes/type")["missing"], json!(["types"]));
}

#[test]
fn a_known_failure_is_as_expected_and_one_that_no_longer_fails_is_not() {
    let cache = r#""head/no-store":"Caches keep it.""#;
    let run = known(
        "server-known",
        &format!(r#"{{"subject":"bare","failures":{{{cache}}}}}"#),
        &[],
    );
    run.exits(0)
        .has_stdout("\n2 checks: 1 passed, 1 known to fail\n");
    let status = r#""head/status":"It was 500.""#;
    let both = format!(r#"{{"subject":"bare","failures":{{{cache},{status}}}}}"#);
    known("server-stale", &both, &[]).exits(1).has_stdout(
        "STALE head/status  (standard)\n  listed as a known failure, but it does not fail: It was 500.\n",
    );
    let not_run = r#"{"subject":"bare","failures":{"head/no-store":"x","keep-alive/bytes":"x"}}"#;
    let more = ["--check", "keep-alive/bytes"];
    known("server-not-run", not_run, &more).exits(0);
}

#[test]
fn a_file_of_known_failures_that_cannot_be_used_is_an_error() {
    for (test, known_failures, reason) in table! {
        "server-scenario"
            => r#"{"subject":"bare","failures":{"answers/200":"x"}}"#, "names no vector, scenario or check";
        "server-slow"
            => r#"{"subject":"bare","failures":{},"slow":{"flush/large":"x"}}"#, "no scenario or check asks for speed";
        "server-other" => r#"{"subject":"y","failures":{}}"#, "known failures for \"y\", but no subject has that name: there is \"bare\"";
    } {
        known(test, known_failures, &[]).is_refused(reason);
    }
}

#[test]
fn known_failures_that_were_written_are_expected_and_keep_their_reasons() {
    let folder = Folder::new("server-write");
    let path = folder.write("written.json", "");
    let command = bare_server().unwrap();
    let run = |more: &[&str]| server(&command, &[&FEW[..], more].concat());
    let read = || serde_json::from_str::<Value>(&fs::read_to_string(&path).unwrap()).unwrap();
    run(&["--write-known", &path]).exits(1);
    let todo = "TODO: Cache-Control is absent";
    let written = json!({ "subject": "bare", "failures": { "head/no-store": todo } });
    assert_eq!(read(), written);
    run(&["--known", &path]).exits(0);
    folder.write("written.json", &written.to_string().replace("TODO: ", ""));
    run(&["--known", &path, "--write-known", &path]).exits(0);
    assert_eq!(
        read()["failures"],
        json!({ "head/no-store": "Cache-Control is absent" })
    );
}

#[test]
fn reports_are_written_in_the_form_of_their_names() {
    let folder = Folder::new("server-reports");
    let names = ["a.txt", "a.json", "a.xml", "a.md"].map(|name| folder.write(name, ""));
    let reports = names.each_ref().map(|name| ["--report", name]);
    let fixed = [&FEW[..], &["--format", "junit"]].concat();
    let run = server(
        &bare_server().unwrap(),
        &[&fixed[..], &reports.concat()].concat(),
    );
    run.exits(1)
        .has_stdout(
            "<testsuite name=\"bare 2\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">",
        )
        .has_stdout("name=\"head/no-store\">\n      <failure message=\"Cache-Control is absent\">");
    let texts = names.map(|name| fs::read_to_string(name).unwrap());
    let starts = [
        "bare 2\n\n  standard ",
        "{\n",
        "<?xml",
        "| basis | bare 2 | not asked |\n",
    ];
    for (text, start) in texts.iter().zip(starts) {
        assert!(text.starts_with(start), "{text}");
    }
    assert_eq!(run.stdout, texts[2]);
}

#[test]
fn wrong_arguments_are_an_error_with_a_reason() {
    for (arguments, reason) in [
        (
            &["--check", "bytes/plian"][..],
            "no check ID is or starts with \"bytes/plian\"; the nearest are bytes/plain, ",
        ),
        (
            &["--check", "bytes/", "--basis", "mcp"],
            "no check has both such an ID and such a basis",
        ),
        (&["--known", "no/such/file.json"], "no/such/file.json: "),
        (&["--client", "x"], "cannot be used with"),
        (&["--vector", "bom/"], "cannot be used with"),
        (&["--cuts", "full"], "cannot be used with"),
        (&["--smoke", "--check", "bytes/"], "cannot be used with"),
    ] {
        server(SILENT, arguments).is_refused(reason);
    }
    server("exit 3", &[]).is_refused("the server did not start: it crashed: exit status: 3");
    server("exit 0", &[]).is_refused("the server did not start: it ended: exit status: 0");
    conform(&["--check", "bytes/"]).is_refused("--server");
    conform(&["--basis", "standard"]).is_refused("--client");
}
