//! The child processes, as the measuring process sees them.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A child process that runs this program in another role.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<io::Result<String>>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines();
            lines.try_for_each(|line| sender.send(line))
        });
        Ok(Self {
            child,
            input,
            answers,
        })
    }

    pub(crate) fn ask<A: DeserializeOwned>(&mut self, command: &impl Serialize) -> io::Result<A> {
        let mut line = serde_json::to_vec(command)?;
        line.push(b'\n');
        self.input.write_all(&line)?;
        self.receive()
    }

    pub(crate) fn receive<A: DeserializeOwned>(&mut self) -> io::Result<A> {
        match self.answers.recv_timeout(PATIENCE) {
            Ok(answer) => Ok(serde_json::from_str(&answer?)?),
            Err(RecvTimeoutError::Timeout) => Err(io::Error::other(format!(
                "no answer within {} s",
                PATIENCE.as_secs()
            ))),
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait()?;
                Err(io::Error::other(format!("a process ended: {status}")))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
