//! Every scenario against the client with reqwest and tokio, in a process of its own: the example
//! `driver`.
#![cfg(all(unix, feature = "reqwest", feature = "tokio"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use esse_conformance::behaviour::Verdict;
use esse_conformance::connect::{PATIENCE, run};
use esse_vectors::connect::scenarios;

/// Scenarios that fail, and why. An entry that does not fail any more is an error.
const KNOWN: [(&str, &str); 0] = [];

#[test]
fn the_client_passes_every_scenario() {
    let command = format!("exec \"{}\"", driver().display());
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

/// Cargo builds the examples of a package with its tests, and puts them beside these. It does not if
/// it is asked for one test program alone, so the example may be older than its sources.
fn driver() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let driver = path.join("examples/driver");
    let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let sources = fs::read_to_string(driver.with_extension("d")).unwrap();
    for source in sources.split_whitespace().skip(1).map(Path::new) {
        let is_old = modified(&driver) < modified(source);
        assert!(
            !is_old,
            "{} is newer than the example: build it, or run all tests",
            source.display()
        );
    }
    driver
}
