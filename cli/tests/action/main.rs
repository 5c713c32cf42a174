//! The GitHub action: `action.yml`, and the steps in `scripts/action`, run here as a runner would.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod steps;
mod yml;

use std::path::PathBuf;

/// The folder of the repository, which is that of the action.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
