//! One run of a program that speaks in JSON lines: its process, a thread that writes its stdin and
//! one that reads its stdout, so that neither side can block the suite.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{self, Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use serde::Serialize;

use super::shell::{kill, spawn_with};
use super::tail::Tail;
use super::wait::exit_status;
use crate::protocol::message::Command;
use crate::subject::answer::NoAnswer;

/// The longest line (bytes) that a subject may answer: the encoding of 16 MiB of line breaks,
/// in base64, fits.
pub(super) const LONGEST_LINE: u64 = 256 << 20;
/// Lines read ahead; a subject that floods its stdout is left blocked.
const LINES_AHEAD: usize = 4;
/// How long a process may take to end by itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no usable answer.
#[derive(Debug)]
pub(crate) enum Broken {
    TimedOut(Duration),
    Exited(Option<ExitStatus>),
    Garbage(String),
}

impl Broken {
    /// What is reported about the case.
    pub(super) fn no_answer(&self, how: String, stderr: String) -> NoAnswer {
        match self {
            Self::TimedOut(_) => NoAnswer::TimedOut { how, stderr },
            Self::Exited(_) | Self::Garbage(_) => NoAnswer::Lost { how, stderr },
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(limit) => write!(f, "timed out: no answer in {limit:?}"),
            Self::Exited(Some(status)) => write!(f, "crashed: {status}"),
            Self::Exited(None) => f.write_str("closed its stdout but did not end"),
            Self::Garbage(how) => f.write_str(how),
        }
    }
}

enum Line {
    Whole(Vec<u8>),
    /// The output before the end, without a line end.
    Half(Vec<u8>),
    TooLong,
}

#[derive(Debug)]
pub(crate) struct Link {
    child: Child,
    commands: Sender<Vec<u8>>,
    lines: Receiver<Line>,
    half: Vec<u8>,
    stderr: Tail,
}

impl Link {
    pub(crate) fn open(command: &str) -> std::io::Result<Self> {
        Self::open_with(command, |_| {})
    }

    /// The same, with what else the command needs, such as variables of the environment.
    pub(crate) fn open_with(
        command: &str,
        set: impl FnOnce(&mut process::Command),
    ) -> std::io::Result<Self> {
        let mut child = spawn_with(command, set)?;
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
    pub(crate) fn exchange(
        &mut self,
        command: &impl Serialize,
        timeout: Duration,
    ) -> Result<Vec<u8>, Broken> {
        self.send(command);
        self.receive(timeout)
    }

    /// Waits for the next line.
    pub(crate) fn receive(&mut self, timeout: Duration) -> Result<Vec<u8>, Broken> {
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

    /// An error shows when there is no answer.
    pub(crate) fn send(&self, command: &impl Serialize) {
        if let Ok(mut line) = serde_json::to_vec(command) {
            line.push(b'\n');
            let _ = self.commands.send(line);
        }
    }

    /// The end of its output, if that has no line end.
    pub(crate) fn half(&self) -> &[u8] {
        &self.half
    }

    /// Closes the stdin of the process.
    pub(crate) fn hang_up(&mut self) {
        // The writer drops stdin when the sender is gone.
        self.commands = mpsc::channel().0;
    }

    /// Ends the process by force and returns the end of what it wrote to stderr.
    pub(crate) fn end(mut self) -> String {
        kill(&mut self.child);
        let _ = self.child.wait();
        self.stderr.text()
    }

    /// Asks the process to end, and ends it by force if it does not.
    pub(crate) fn stop(self) {
        self.send(&Command::Stop);
        self.close(PATIENCE);
    }

    /// Closes the stdin of the process, and ends it by force if it does not end by itself in time.
    /// Returns how it ended by itself.
    pub(crate) fn close(mut self, patience: Duration) -> Option<ExitStatus> {
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
