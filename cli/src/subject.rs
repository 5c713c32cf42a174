//! `esse subject`: speaks the subject protocol for the built-in pair.

use std::cell::Cell;
use std::io::{self, BufRead, ErrorKind, Read, StdinLock};
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
    let has_failed = Cell::new(false);
    let stdin = Stdin {
        lock: io::stdin().lock(),
        has_failed: &has_failed,
    };
    let served = serve(&mut Builtin::new(), stdin, io::stdout().lock());
    served.map_err(|error| {
        if has_failed.get() {
            Stop::file("<stdin>", &error)
        } else {
            Stop::writing(&error)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Tells its errors from those of stdout.
struct Stdin<'a> {
    lock: StdinLock<'static>,
    has_failed: &'a Cell<bool>,
}

impl Read for Stdin<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.lock.read(buffer);
        read.inspect_err(|_| self.has_failed.set(true))
    }
}

impl BufRead for Stdin<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let has_failed = self.has_failed;
        let filled = self.lock.fill_buf();
        // It is tried again after a signal.
        let fails = |error: &io::Error| error.kind() != ErrorKind::Interrupted;
        filled.inspect_err(|error| has_failed.set(fails(error)))
    }

    fn consume(&mut self, amount: usize) {
        self.lock.consume(amount);
    }
}
