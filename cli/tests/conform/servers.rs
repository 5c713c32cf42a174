//! `esse conform --server`: checks against servers that are shell commands. `conformance/tests` has
//! one that passes.

use serde_json::Value;

use super::conform;

/// Says that it listens where nobody does, and accepts everything.
const SILENT: &str = r#"echo '{"url":"http://127.0.0.1:1/x","name":"silent","version":"2","options":["ids"]}'
    while read -r _; do echo '{"ok":true}'; done"#;

fn server(command: &str, arguments: &[&str]) -> super::Run {
    conform(&[&["--server", command], arguments].concat())
}

#[test]
fn a_server_that_fails_is_shown_with_the_rule_and_the_difference() {
    let run = server(SILENT, &["--check", "bytes/id"]);
    run.exits(1)
        .has_stdout("FAIL  bytes/id  (standard)\n  rule    The ID arrives.\n  source  HTML 9.2.6")
        .has_stdout("\n  wrong   the server does not take a request: ")
        .has_stdout("\nstandard  0 of 1\n0 of 1 checks passed\n");
}

#[test]
fn what_a_server_does_not_have_is_not_asked() {
    let run = server(SILENT, &["--check", "keep-alive/", "--check", "bytes/type"]);
    run.exits(0)
        .has_stdout("skip  keep-alive/bytes: it has no option keep-alive\n")
        .has_stdout("skip  bytes/type: it has no option types\n")
        .has_stdout("\n0 of 0 checks passed, 5 not asked\n");
}

#[test]
fn a_report_for_programs_has_every_check() {
    let arguments = [
        "--check", "bytes/", "--basis", "standard", "--format", "json",
    ];
    let run = server(SILENT, &arguments);
    let report: Value = serde_json::from_str(&run.exits(1).stdout).unwrap();
    assert_eq!(report["server"]["name"], "silent");
    assert_eq!(report["server"]["version"], "2");
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks[0]["id"], "bytes/plain");
    assert_eq!(checks[0]["outcome"], "failed");
    let by_id = |id: &str| checks.iter().find(|check| check["id"] == id).unwrap();
    assert_eq!(by_id("bytes/type")["outcome"], "notAsked");
    assert_eq!(by_id("bytes/type")["what"], "types");
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
        (
            &["--format", "junit"],
            "the report on a server is text or json",
        ),
        (&["--client", "x"], "cannot be used with"),
        (&["--vector", "bom/"], "cannot be used with"),
    ] {
        server(SILENT, arguments).is_refused(reason);
    }
    server("exit 3", &[]).is_refused("the server did not start: it crashed: exit status: 3");
    conform(&["--check", "bytes/"]).is_refused("--server");
    conform(&["--basis", "standard"]).is_refused("--client");
}
