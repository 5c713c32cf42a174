//! What the schema cannot say about scenarios.

#![allow(clippy::expect_used, reason = "a test stops at the first fault")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use esse_vectors::VERSION;
use esse_vectors::connect::{Basis, End, Said, Scenario, scenarios};
use support::{in_folder, root};

/// Prints a new `scenario-ids.txt`, for an author of scenarios.
const RENEW: &str = "jq -r '.scenarios[].id' spec-vectors/connect/*.json | LC_ALL=C sort >spec-vectors/scenario-ids.txt";

/// The tests of web-platform-tests that a client without a browser can run, and that are not in the
/// parse vectors.
const WPT: [&str; 22] = [
    "eventsource-close",
    "eventsource-cross-origin-preflight",
    "eventsource-from-readable-stream",
    "eventsource-onopen",
    "eventsource-reconnect",
    "eventsource-request-cancellation",
    "format-data-before-final-empty-line",
    "format-field-id",
    "format-field-id-2",
    "format-field-id-3",
    "format-field-id-null",
    "format-field-retry",
    "format-field-retry-bogus",
    "format-field-retry-empty",
    "format-mime-bogus",
    "format-mime-trailing-semicolon",
    "format-mime-valid-bogus",
    "format-utf-8",
    "request-accept",
    "request-cache-control",
    "request-redirect",
    "request-status-error",
];

fn all() -> Vec<Scenario> {
    scenarios().expect("the files are right")
}

#[test]
fn there_are_enough_scenarios() {
    let all = all();
    let of = |basis| {
        all.iter()
            .filter(|scenario| scenario.basis == basis)
            .count()
    };
    let counts = Basis::ALL.map(of);
    assert!(all.len() >= 200, "{}", all.len());
    assert!(counts.iter().all(|count| *count >= 5), "{counts:?}");
}

#[test]
fn every_file_is_ascii_and_has_its_name_and_the_version_of_the_crate() {
    for file in in_folder("connect") {
        let path = file.path.display();
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
        assert_eq!(file.json["suite"], format!("connect/{stem}"), "{path}");
        assert_eq!(file.json["version"], VERSION, "{path}");
        let raw = file.text.chars().find(|c| !matches!(c, '\n' | ' '..='~'));
        assert_eq!(raw, None, "{path}");
        let scenarios = file.json["scenarios"].as_array().expect("a list");
        for scenario in scenarios {
            let id = scenario["id"].as_str().expect("a name");
            assert!(id.starts_with(&format!("{stem}/")), "{id}");
        }
    }
}

/// Others have lists of known failures by ID: one that is gone makes theirs wrong.
#[test]
fn every_id_is_published_once_and_none_is_gone() {
    let list = std::fs::read_to_string(root().join("scenario-ids.txt")).expect("the list is there");
    let published: Vec<&str> = list.lines().collect();
    let all = all();
    let mut ids: Vec<&str> = all.iter().map(|scenario| &*scenario.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, published, "put back the scenario; new: {RENEW}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn every_test_of_browsers_is_among_the_sources() {
    let all = all();
    let sources = all.iter().flat_map(|scenario| scenario.source.split("; "));
    let named: BTreeSet<&str> = sources
        .filter_map(|source| source.strip_prefix("WPT eventsource/"))
        .collect();
    assert_eq!(named, BTreeSet::from(WPT));
}

#[test]
fn every_scenario_can_end() {
    for scenario in all() {
        assert_eq!(problems(&scenario), [""; 0], "{}", scenario.id);
    }
}

/// What is wrong with a scenario, whatever its client does.
fn problems(scenario: &Scenario) -> Vec<&'static str> {
    let mut problems = Vec::new();
    let mut rule = |is_broken: bool, problem| problems.extend(is_broken.then_some(problem));
    let (expect, server) = (&scenario.expect, &scenario.server);
    let closed = expect.said.iter().position(|said| *said == Said::Closed);
    let is_last = closed.is_none_or(|closed| closed + 1 == expect.said.len());
    rule(!is_last, "something follows the end");
    let repeats = server.last().is_some_and(|last| last.repeat);
    let wanted = expect.requests.len() + expect.more;
    rule(
        !repeats && wanted > server.len(),
        "a request has no response",
    );
    let first = expect.requests.first();
    rule(
        first.is_some_and(|first| first.after.is_some()),
        "there is no response before the first request",
    );
    let early = server
        .split_last()
        .is_some_and(|(_, others)| others.iter().any(|other| other.repeat));
    rule(early, "a response before the last repeats");
    let silent = server.iter().any(|response| response.end == End::Silence);
    rule(
        expect.hangs_up && !silent,
        "no connection waits for the client",
    );
    let lasts = expect
        .requests
        .iter()
        .filter_map(|request| request.after)
        .sum();
    rule(Duration::from_secs(6) < lasts, "it takes too long");
    problems
}

type Edit = fn(&mut Scenario);

/// Each defect is found, and it alone.
#[test]
fn a_scenario_that_cannot_end_is_found() {
    let right: Scenario = serde_json::from_str(
        r#"{"id": "a/b", "rule": "r", "source": "s", "basis": "policy", "server": [{}, {"end": "silence"}],
        "expect": {"said": ["open", "closed"], "requests": [{}, {"afterMs": 6000}], "hangsUp": true}}"#,
    )
    .expect("the sample is right");
    assert_eq!(problems(&right), [""; 0]);
    let defects: [(&str, Edit); 6] = [
        ("something follows the end", |scenario| {
            scenario.expect.said.push(Said::Open);
        }),
        ("a request has no response", |scenario| {
            scenario.expect.more = 1;
        }),
        (
            "there is no response before the first request",
            |scenario| {
                scenario.expect.requests.swap(0, 1);
            },
        ),
        ("a response before the last repeats", |scenario| {
            scenario.server[0].repeat = true;
        }),
        ("no connection waits for the client", |scenario| {
            scenario.server[1].end = End::Clean;
        }),
        ("it takes too long", |scenario| {
            scenario.expect.requests[1].after = Some(Duration::from_millis(6001));
        }),
    ];
    for (problem, break_it) in defects {
        let mut scenario = right.clone();
        break_it(&mut scenario);
        assert_eq!(problems(&scenario), [problem]);
    }
}
