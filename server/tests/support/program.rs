//! Other programs, which end with the test that started them, as does everything they started.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{env, thread};

use esse_testkit::{CHROMIUM, bound, example};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::until;

/// A running program, with everything that it started.
pub(crate) struct Program(Child);

impl Program {
    /// The command must be a [`bound`] one.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Interrupts it, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        kill_process(self.id(), Signal::INT).unwrap();
    }

    /// Waits for it to end by itself.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let mut status = None;
        until(|| {
            status = self.0.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    /// Kills it at once, as in a crash.
    pub(crate) fn kill(&mut self) {
        let _ = kill_process_group(self.id(), Signal::KILL);
        let _ = self.0.wait();
    }

    fn id(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A running example of this crate.
pub(crate) struct Example {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    stdout: BufReader<ChildStdout>,
}

impl Example {
    /// Starts the example, and reads the address it listens on.
    pub(crate) fn start(name: &str, args: &[&str]) -> Self {
        let mut command = bound(example("esse-server", name));
        let mut program = Program::start(command.args(args).stdout(Stdio::piped()));
        let mut first = String::new();
        let mut stdout = BufReader::new(program.0.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let address = first.trim().strip_prefix("listening on http://");
        let address = address.expect("the address").parse().unwrap();
        Self {
            program,
            address,
            stdout,
        }
    }

    /// Waits for it to succeed, and returns the rest of its output.
    pub(crate) async fn end(mut self) -> String {
        assert_eq!(self.program.end().await.code(), Some(0));
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        rest
    }
}

/// The program, if it is installed. Otherwise prints that the test is skipped.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        // The test harness captures what `eprintln` writes. One call keeps the line in one piece.
        let skipped = format!("\nSKIPPED: {name} is not installed (apt-get install {name})\n");
        let _ = io::stderr().write_all(skipped.as_bytes());
    }
    found
}

/// Chromium, headless, at this address.
pub(crate) struct Browser {
    program: Program,
    // Removed when the program has ended.
    _profile: TempDir,
}

/// Chromium ends its own processes if it gets the time.
impl Drop for Browser {
    fn drop(&mut self) {
        let _ = kill_process(self.program.id(), Signal::TERM);
        for _ in 0..500 {
            if matches!(self.program.0.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

impl Browser {
    pub(crate) fn open(chromium: &Path, url: &str) -> Self {
        let profile = TempDir::new().unwrap();
        let mut data_dir = OsStr::new("--user-data-dir=").to_owned();
        data_dir.push(profile.path());
        let mut command = bound(chromium);
        command.args(CHROMIUM).arg(data_dir).arg(url);
        let program = Program::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        Self {
            program,
            _profile: profile,
        }
    }
}
