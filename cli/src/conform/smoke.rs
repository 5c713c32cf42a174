//! `esse conform --smoke`: whether adapters speak the protocol.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use esse_conformance::smoke::smoke;

use crate::stop::say;

/// Prints what came of each; the worst is the exit status.
pub(crate) fn run(commands: &[String], timeout: Duration) -> ExitCode {
    let mut status = 0;
    for command in commands {
        let smoke = smoke(command, timeout);
        if let Err(error) = print(&smoke.report()) {
            say(format_args!("cannot write: {error}"));
            return ExitCode::from(2);
        }
        status = status.max(match (smoke.cannot_run, smoke.is_ok()) {
            (true, _) => 2,
            (false, true) => 0,
            (false, false) => 1,
        });
    }
    ExitCode::from(status)
}

/// Whoever reads the report may stop reading.
fn print(report: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(report.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
