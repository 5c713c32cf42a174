//! `esse subject`: speaks the subject protocol for the built-in pair.

use std::io;
use std::process::ExitCode;

use esse_conformance::builtin::Builtin;
use esse_conformance::serve::serve;

use super::stop::say;

/// Speak the subject protocol (version 1) for the built-in parser and encoder: JSON lines on
/// stdin and stdout
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Answers until `stop` or the end of stdin.
pub(crate) fn run(Args {}: Args) -> ExitCode {
    match serve(&mut Builtin::new(), io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked has gone away.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(error);
            ExitCode::from(2)
        }
    }
}
