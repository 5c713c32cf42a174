//! The checks of servers, against the example `conform`: a hub behind `serve`.
#![cfg(all(unix, feature = "axum", feature = "serve"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use esse_conformance::serve::{Verdict, checks, info, run};
use esse_testkit::example;

/// How long to wait for what should come: nothing takes so long on any machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn the_server_passes_every_check() {
    let command = format!("exec \"{}\"", example("esse-server", "conform").display());
    let options = info(&command, PATIENCE).unwrap().options;
    let verdicts = run(&command, &options, &checks(), PATIENCE, &mut |_| {});
    let failed = verdicts.iter().filter(|verdict| verdict.is_failed());
    let failed: String = failed.map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{failed}");
    assert!(verdicts.iter().all(Verdict::is_asked));
}
