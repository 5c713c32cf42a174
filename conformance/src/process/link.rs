//! One run of a program that speaks in JSON lines: its process, a thread that writes its stdin and
//! one that reads its stdout, so that neither side can block the suite.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{self, Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use serde::Serialize;

use super::shell::{kill, spawn};
use super::tail::Tail;
use super::wait::exit_status;

/// The longest line (bytes) that a program may answer: the encoding of 16 MiB of line breaks,
/// in base64, fits.
pub(crate) const LONGEST_LINE: u64 = 256 << 20;
/// Lines read ahead; a program that floods its stdout is left blocked.
const LINES_AHEAD: usize = 4;
/// How long a process may take to end by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no usable answer.
#[derive(Debug)]
pub enum Broken {
    /// Nothing came within this time.
    TimedOut(Duration),
    /// It closed its stdout. The status is missing if it did not end.
    Exited(Option<ExitStatus>),
    /// What came cannot be used. The text says what the program did, such as `answered a line of over 9
    /// bytes`.
    Garbage(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(limit) => write!(f, "timed out: no answer in {limit:?}"),
            Self::Exited(Some(status)) if status.success() => write!(f, "ended: {status}"),
            Self::Exited(Some(status)) => write!(f, "crashed: {status}"),
            Self::Exited(None) => f.write_str("closed its stdout but did not end"),
            Self::Garbage(how) => f.write_str(how),
        }
    }
}

impl std::error::Error for Broken {}

enum Line {
    Whole(Vec<u8>),
    /// The output before the end, without a line end.
    Half(Vec<u8>),
    TooLong,
}

/// A conversation with a running program in JSON lines. Neither side can block the other.
///
/// ```
/// use std::time::Duration;
/// use esse_conformance::process::Link;
///
/// let patience = Duration::from_secs(10);
/// let mut link = Link::open("cat")?;
/// assert_eq!(link.exchange(&"a", patience)?, b"\"a\"\n");
/// let status = link.close(patience);
/// assert!(status.is_some_and(|status| status.success()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Link {
    child: Child,
    commands: Sender<Vec<u8>>,
    lines: Receiver<Line>,
    half: Vec<u8>,
    stderr: Tail,
}

impl Link {
    /// Starts the program with this shell command.
    ///
    /// # Errors
    /// If the shell cannot be started. A command that it does not know [ends](super::is_no_command).
    pub fn open(command: &str) -> std::io::Result<Self> {
        Self::open_with(command, |_| {})
    }

    /// The same, with what else the command needs, such as variables of the environment.
    ///
    /// # Errors
    /// If the shell cannot be started.
    pub fn open_with(
        command: &str,
        set: impl FnOnce(&mut process::Command),
    ) -> std::io::Result<Self> {
        let mut child = spawn(command, set)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(std::io::Error::other("no pipes"));
        };
        let (commands, to_write) = mpsc::channel();
        let (to_read, lines) = mpsc::sync_channel(LINES_AHEAD);
        std::thread::spawn(move || write_commands(stdin, &to_write));
        std::thread::spawn(move || read_lines(stdout, &to_read));
        Ok(Self {
            child,
            commands,
            lines,
            half: Vec::new(),
            stderr: Tail::of(stderr),
        })
    }

    /// Sends a command and waits for the next line.
    ///
    /// # Errors
    /// Why there is no line.
    pub fn exchange(
        &mut self,
        command: &impl Serialize,
        timeout: Duration,
    ) -> Result<Vec<u8>, Broken> {
        self.send(command);
        self.receive(timeout)
    }

    /// Waits for the next line.
    ///
    /// # Errors
    /// Why there is no line.
    pub fn receive(&mut self, timeout: Duration) -> Result<Vec<u8>, Broken> {
        match self.lines.recv_timeout(timeout) {
            Ok(Line::Whole(line)) => return Ok(line),
            Ok(Line::TooLong) => {
                let how = format!("answered a line of over {LONGEST_LINE} bytes");
                return Err(Broken::Garbage(how));
            }
            Err(RecvTimeoutError::Timeout) => return Err(Broken::TimedOut(timeout)),
            Ok(Line::Half(half)) => self.half = half,
            Err(RecvTimeoutError::Disconnected) => {}
        }
        Err(Broken::Exited(exit_status(&mut self.child, PATIENCE)))
    }

    /// Sends a command, as a line of JSON. An error shows when there is no answer.
    pub fn send(&self, command: &impl Serialize) {
        if let Ok(mut line) = serde_json::to_vec(command) {
            line.push(b'\n');
            let _ = self.commands.send(line);
        }
    }

    /// The end of its output, if that has no line end.
    pub fn half(&self) -> &[u8] {
        &self.half
    }

    /// Closes the stdin of the process.
    pub fn hang_up(&mut self) {
        // The writer drops stdin when the sender is gone.
        self.commands = mpsc::channel().0;
    }

    /// Ends the process by force and returns the end of what it wrote to stderr.
    pub fn end(mut self) -> String {
        kill(&mut self.child);
        let _ = self.child.wait();
        self.stderr.text()
    }

    /// Closes the stdin of the process, and ends it by force if it does not end by itself in time.
    /// Returns how it ended by itself.
    pub fn close(mut self, patience: Duration) -> Option<ExitStatus> {
        self.hang_up();
        let status = exit_status(&mut self.child, patience);
        if status.is_none() {
            kill(&mut self.child);
            let _ = self.child.wait();
        }
        status
    }
}

fn write_commands(mut stdin: impl Write, commands: &Receiver<Vec<u8>>) {
    for command in commands {
        if stdin
            .write_all(&command)
            .and_then(|()| stdin.flush())
            .is_err()
        {
            return;
        }
    }
}

fn read_lines(stdout: impl Read, lines: &SyncSender<Line>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = (&mut stdout)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line);
        let line = match read {
            Ok(1..) if line.ends_with(b"\n") => Line::Whole(line),
            Ok(read) if read as u64 == LONGEST_LINE => Line::TooLong,
            // The end, perhaps that of a crash in the middle of a line.
            Ok(1..) => Line::Half(line),
            _ => return,
        };
        if lines.send(line).is_err() {
            return;
        }
    }
}
