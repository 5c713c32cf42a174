//! A client that is wrong on purpose, each time in one way: the scenarios must catch each fault. The
//! right one passes all for which it has the options.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod catches;
mod reports;
mod wrong;

use std::fs;
use std::path::{Path, PathBuf};

use self::wrong::Wrong;

/// The command of its driver.
fn client(wrong: Wrong) -> String {
    format!("exec \"{}\" {wrong:?}", driver().display())
}

/// Cargo builds the examples of a package with its tests, and puts them beside these. It does not if
/// it is asked for one test program alone, so the example may be older than its sources.
fn driver() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let driver = path.join("examples/wrong_client");
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
