//! A client that is wrong on purpose, each time in one way: the scenarios must catch each fault. The
//! right one passes all for which it has the options.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod catches;
mod reports;
mod wrong;

use esse_testkit::example;

use self::wrong::Wrong;

/// The command of its driver.
fn client(wrong: Wrong) -> String {
    format!(
        "exec \"{}\" {wrong:?}",
        example("esse-behaviour", "wrong_client").display()
    )
}
