//! Every scenario against the client with reqwest and tokio, in a process of its own: the example
//! `driver`.
#![cfg(all(unix, feature = "reqwest", feature = "tokio"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use esse_behaviour::Verdict;
use esse_behaviour::connect::{PATIENCE, run};
use esse_testkit::example;
use esse_vectors::connect::scenarios;

/// Scenarios that fail, and why. An entry that does not fail any more is an error.
const KNOWN: [(&str, &str); 0] = [];

#[test]
fn the_client_passes_every_scenario() {
    let command = format!("exec \"{}\"", example("esse-client", "driver").display());
    let verdicts = run(&command, &scenarios().unwrap(), PATIENCE, &mut |_| {});
    let is_known = |verdict: &&Verdict| KNOWN.iter().any(|(id, _)| *id == verdict.rule.id);
    let (known, others): (Vec<_>, Vec<_>) = verdicts.iter().partition(is_known);
    let failed = others.iter().filter(|verdict| !verdict.is_passed());
    let failed: String = failed.map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{failed}");
    assert_eq!(known.len(), KNOWN.len(), "an ID in KNOWN does not exist");
    for verdict in known {
        assert!(!verdict.is_passed(), "{verdict} is in KNOWN");
    }
}
