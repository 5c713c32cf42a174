//! The child processes, as the measuring process sees them: the server and its subscribers.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{Latencies, Published, ToServer, ToSubscribers, Usage};
use crate::servers::Server;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server and its subscribers.
pub(crate) struct Session {
    // Dropped first, because subscribers fail if their server ends before them.
    subscribers: Process,
    server: Process,
    address: SocketAddr,
    /// The subscribers that read.
    readers: u64,
    /// The deliveries so far, to all of them.
    delivered: u64,
}

impl Session {
    /// Starts both processes, without subscribers. The hub keeps `keep` bytes.
    pub(crate) fn start(server: Server, keep: usize) -> io::Result<Self> {
        let keep = keep.to_string();
        let mut server = Process::start(&["serve", &server.name(), &keep])?;
        Ok(Self {
            address: server.receive()?,
            server,
            subscribers: Process::start(&["subscribe"])?,
            readers: 0,
            delivered: 0,
        })
    }

    /// Adds subscribers, `stalled` of which never read.
    pub(crate) fn connect(&mut self, subscribers: usize, stalled: usize) -> io::Result<()> {
        self.readers += (subscribers - stalled) as u64;
        self.subscribers.ask(&ToSubscribers::Connect {
            address: self.address,
            subscribers,
            stalled,
        })
    }

    /// Publishes events of `bytes` bytes at once, without waiting for delivery.
    pub(crate) fn publish(&mut self, events: usize, bytes: usize) -> io::Result<Published> {
        self.delivered += self.readers * events as u64;
        self.server.ask(&ToServer::Publish { events, bytes })
    }

    /// Publishes an event every `every` microseconds.
    pub(crate) fn pace(&mut self, events: usize, bytes: usize, every: u64) -> io::Result<()> {
        self.delivered += self.readers * events as u64;
        self.server.ask(&ToServer::Pace {
            events,
            bytes,
            every,
        })
    }

    /// Waits until all readers have all events, and returns when the last one arrived.
    pub(crate) fn delivered(&mut self) -> io::Result<u64> {
        let events = self.delivered;
        self.subscribers.ask(&ToSubscribers::Await { events })
    }

    pub(crate) fn usage(&mut self) -> io::Result<Usage> {
        self.server.ask(&ToServer::Usage)
    }

    /// Latencies of the events since the last call.
    pub(crate) fn latencies(&mut self) -> io::Result<Latencies> {
        self.subscribers.ask(&ToSubscribers::Latencies)
    }

    /// The fewest and the most events that any one reader received.
    pub(crate) fn counts(&mut self) -> io::Result<(u64, u64)> {
        self.subscribers.ask(&ToSubscribers::Counts)
    }
}

/// A child process that runs this program in another role.
struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<io::Result<String>>,
}

impl Process {
    fn start(arguments: &[&str]) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
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

    fn ask<A: DeserializeOwned>(&mut self, command: &impl Serialize) -> io::Result<A> {
        let mut line = serde_json::to_vec(command)?;
        line.push(b'\n');
        self.input.write_all(&line)?;
        self.receive()
    }

    fn receive<A: DeserializeOwned>(&mut self) -> io::Result<A> {
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
