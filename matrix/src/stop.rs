//! How the programs end.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// Why a program ended early, in one line.
#[derive(Debug)]
pub struct Stop(String);

impl Stop {
    /// A file cannot be read, written or understood.
    pub fn file(path: &Path, error: impl Display) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Prints what went wrong. The exit status is then 2.
pub fn exit(outcome: Result<ExitCode, Stop>) -> ExitCode {
    outcome.unwrap_or_else(|Stop(message)| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}
