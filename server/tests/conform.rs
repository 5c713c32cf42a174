//! The checks of servers, against the example `conform`: a hub behind `serve`.
#![cfg(all(unix, feature = "axum", feature = "serve"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use esse_behaviour::Described;
use esse_behaviour::serve::{ServerInfo, checks, run};
use esse_testkit::example;

/// How long to wait for what should come: nothing takes so long on any machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn the_server_passes_every_check() {
    let command = format!("exec \"{}\"", example("esse-server", "conform").display());
    let info = ServerInfo::ask(&command, PATIENCE).unwrap();
    let verdicts = run(&command, &checks(), PATIENCE, &mut |_| {});
    let failed = verdicts.iter().filter(|verdict| !verdict.is_passed());
    let failed: String = failed.map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{failed}");
    assert!(checks().iter().all(|check| info.lacks(check).is_empty()));
}
