//! `esse conform --client`: scenarios against drivers that are shell commands. `client/tests` has
//! one that passes.

use serde_json::Value;

use super::conform;

/// Says that the stream is open, and keeps the connection open.
const OPENS: &str = "open() { echo '{\"open\":true}'; exec curl -sN -o /dev/null -H Accept:text/event-stream \"$1\"; }; open";

fn client(command: &str, arguments: &[&str]) -> super::Run {
    conform(&[&["--client", command], arguments].concat())
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
    assert_eq!(
        run.exits(0).stdout,
        "standard  2 of 2\n2 of 2 scenarios passed\n"
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_client_that_fails_is_shown_with_the_rule_and_the_difference() {
    let run = client(OPENS, &["--scenario", "requests/cache-control"]);
    run.exits(1)
        .has_stdout("FAIL  requests/cache-control  (standard)\n  rule    A request goes past caches.\n  source  ")
        .has_stdout("\n  wrong   request 1: `cache-control` is absent, and should be \"no-cache\"\n")
        .has_stdout("\n0 of 1 scenarios passed\n");
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
    let scenarios = report["scenarios"].as_array().unwrap();
    let ids: Vec<_> = scenarios.iter().map(|scenario| &scenario["id"]).collect();
    assert_eq!(ids, ["requests/own-headers", "requests/own-accept"]);
    assert_eq!(scenarios[1]["basis"], "mcp");
    assert_eq!(scenarios[1]["passed"], false);
    let first = "output 1 is nothing, and should be `open`";
    assert_eq!(scenarios[1]["differences"][0], first);
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
        (
            &["--format", "junit"],
            "the report on a client is text or json",
        ),
        (&["--basis", "taste"], "possible values"),
        (&["--subject", "x"], "cannot be used with"),
        (&["--vector", "bom/"], "cannot be used with"),
    ] {
        client("true", arguments).is_refused(reason);
    }
    conform(&["--scenario", "load/"]).is_refused("--client");
}
