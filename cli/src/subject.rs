//! `esse subject`: speaks the subject protocol for the built-in pair.

use std::io;
use std::process::ExitCode;

use esse_conformance::protocol::serve;
use esse_conformance::subject::Builtin;

use crate::stop::Stop;

const EXAMPLES: &str = r#"Examples:
  esse conform --subject 'esse subject'         the built-in pair, tested like any other
  printf '{"cmd":"start","version":1}\n' | esse subject"#;

/// Speak the subject protocol (version 1) for the built-in parser and encoder: JSON lines on
/// stdin and stdout
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Args {}

/// Answers until `stop` or the end of stdin.
pub(crate) fn run() -> Result<ExitCode, Stop> {
    serve(&mut Builtin::new(), io::stdin().lock(), io::stdout().lock())
        .map_err(|error| Stop::writing(&error))?;
    Ok(ExitCode::SUCCESS)
}
