//! How a command ends: its exit status, and what it says on stderr.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use crate::watched::Watched;

/// Exit status if the input is bad.
pub(crate) const BAD_INPUT: u8 = 1;
/// Exit status for wrong arguments (as clap has it), or a file that cannot be read or written.
pub(crate) const TROUBLE: u8 = 2;
/// Exit status if a stream was cut off.
#[cfg(feature = "net")]
pub(crate) const CUT_OFF: u8 = 3;
/// Exit status if no answer came.
#[cfg(feature = "net")]
pub(crate) const NO_ANSWER: u8 = 4;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The reader of the output is gone, as in `esse decode | head -1`. Not an error.
    NobodyReads,
    /// The input is not valid.
    BadInput(String),
    /// The arguments do not fit, or a file cannot be read or written.
    Trouble(String),
}

impl Stop {
    /// For errors that are text.
    pub(crate) fn trouble(error: impl Display) -> Self {
        Self::Trouble(error.to_string())
    }

    /// A file cannot be read or written.
    pub(crate) fn file(name: impl Display, error: &io::Error) -> Self {
        Self::Trouble(format!("{name}: {}", reason(error)))
    }

    /// An address cannot be listened on.
    #[cfg(feature = "net")]
    pub(crate) fn listening(address: impl Display, error: &io::Error) -> Self {
        Self::Trouble(format!("cannot listen on {address}: {}", reason(error)))
    }

    /// Stdout cannot be written.
    pub(crate) fn writing(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Trouble(format!("cannot write: {}", reason(error))),
        }
    }
}

/// Prints what went wrong, and returns the exit status.
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

/// Writes a command's output to stdout.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut output = Watched(io::stdout().lock());
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| Stop::writing(&error))
}

/// Writes a line to stderr. A closed stderr must not end the program.
pub(crate) fn say(message: impl Display) {
    let line = format!("esse: {message}\n");
    let _ = Watched(io::stderr()).write_all(line.as_bytes());
}

/// In the words of Unix tools: without the number that `io::Error` adds.
pub(crate) fn reason(error: impl Display) -> String {
    let text = error.to_string();
    let mut parts = text.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |words, part| {
        words + part.split_once(')').map_or("", |(_, more)| more)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_number_of_the_system() {
        assert_eq!(
            reason("connecting: refused (os error 111); no file (os error 2)"),
            "connecting: refused; no file"
        );
        assert_eq!(reason("timed out"), "timed out");
    }
}
