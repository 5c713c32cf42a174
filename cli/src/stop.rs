//! Why a command ended before its input did, and the exit status of each reason.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// Exit status where the input is bad.
pub(crate) const BAD_INPUT: u8 = 1;
/// Exit status where a file cannot be read or written; also clap's for wrong arguments.
const TROUBLE: u8 = 2;

/// Why a command ended.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nobody reads the output any more, as in `esse decode | head -1`. No fault.
    NobodyReads,
    /// The input is not what it must be.
    BadInput(String),
    /// A file cannot be read or written.
    Trouble(String),
}

impl Stop {
    /// A file cannot be read.
    pub(crate) fn reading(name: &str, error: &io::Error) -> Self {
        Self::Trouble(format!("{name}: {}", reason(error)))
    }

    /// Stdout cannot be written.
    pub(crate) fn writing(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Trouble(format!("cannot write: {}", reason(error))),
        }
    }
}

/// The exit status of a command that has run. Says on stderr what went wrong.
pub(crate) fn exit(outcome: Result<ExitCode, Stop>) -> ExitCode {
    let (message, status) = match outcome {
        Ok(code) => return code,
        Err(Stop::NobodyReads) => return ExitCode::SUCCESS,
        Err(Stop::BadInput(message)) => (message, BAD_INPUT),
        Err(Stop::Trouble(message)) => (message, TROUBLE),
    };
    say(message);
    ExitCode::from(status)
}

/// A line on stderr. A closed stderr is no reason to panic.
pub(crate) fn say(message: impl Display) {
    let _ = writeln!(io::stderr(), "esse: {message}");
}

/// As Unix tools say it: without the number that `io::Error` adds.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
