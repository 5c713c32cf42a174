//! The child processes, as the measuring process sees them: the server and its subscribers.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{
    FromServer, FromSubscribers, Latencies, Published, ToServer, ToSubscribers, Usage,
};
use crate::servers::Server;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server and its subscribers.
pub(crate) struct Session {
    // Dropped first, because subscribers fail if their server ends before them.
    subscribers: Process<FromSubscribers>,
    server: Process<FromServer>,
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
        let mut server = Process::start(&["serve", server.name(), &keep])?;
        let FromServer::Listening(address) = server.receive()? else {
            return Err(confused());
        };
        Ok(Self {
            server,
            subscribers: Process::start(&["subscribe"])?,
            address,
            readers: 0,
            delivered: 0,
        })
    }

    /// Adds subscribers, `stalled` of which never read.
    pub(crate) fn connect(&mut self, subscribers: usize, stalled: usize) -> io::Result<()> {
        self.subscribers.send(&ToSubscribers::Connect {
            address: self.address,
            subscribers,
            stalled,
        })?;
        self.readers += (subscribers - stalled) as u64;
        match self.subscribers.receive()? {
            FromSubscribers::Connected => Ok(()),
            _ => Err(confused()),
        }
    }

    /// Publishes events of `bytes` bytes at once, without waiting for delivery.
    pub(crate) fn publish(&mut self, events: usize, bytes: usize) -> io::Result<Published> {
        self.ask_to_publish(events, &ToServer::Publish { events, bytes })
    }

    /// Publishes an event every `every` microseconds.
    pub(crate) fn pace(&mut self, events: usize, bytes: usize, every: u64) -> io::Result<()> {
        let command = ToServer::Pace {
            events,
            bytes,
            every,
        };
        self.ask_to_publish(events, &command).map(drop)
    }

    fn ask_to_publish(&mut self, events: usize, command: &ToServer) -> io::Result<Published> {
        self.server.send(command)?;
        self.delivered += self.readers * events as u64;
        match self.server.receive()? {
            FromServer::Published(published) => Ok(published),
            _ => Err(confused()),
        }
    }

    /// Waits until all readers have all events, and returns when the last one arrived.
    pub(crate) fn delivered(&mut self) -> io::Result<u64> {
        let events = self.delivered;
        self.subscribers.send(&ToSubscribers::Await { events })?;
        match self.subscribers.receive()? {
            FromSubscribers::Reached { at } => Ok(at),
            _ => Err(confused()),
        }
    }

    pub(crate) fn usage(&mut self) -> io::Result<Usage> {
        self.server.send(&ToServer::Usage)?;
        match self.server.receive()? {
            FromServer::Usage(usage) => Ok(usage),
            _ => Err(confused()),
        }
    }

    /// Latencies of the events since the last call.
    pub(crate) fn latencies(&mut self) -> io::Result<Latencies> {
        self.subscribers.send(&ToSubscribers::Latencies)?;
        match self.subscribers.receive()? {
            FromSubscribers::Latencies(latencies) => Ok(latencies),
            _ => Err(confused()),
        }
    }

    /// The fewest and the most events that any one reader received.
    pub(crate) fn counts(&mut self) -> io::Result<(u64, u64)> {
        self.subscribers.send(&ToSubscribers::Counts)?;
        match self.subscribers.receive()? {
            FromSubscribers::Counts { fewest, most } => Ok((fewest, most)),
            _ => Err(confused()),
        }
    }
}

fn confused() -> io::Error {
    io::Error::other("unexpected answer")
}

/// A child process that runs this program in another role.
struct Process<A> {
    child: Child,
    input: ChildStdin,
    answers: Receiver<io::Result<A>>,
}

impl<A: DeserializeOwned + Send + 'static> Process<A> {
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
            for line in BufReader::new(output).lines() {
                let answer = line.and_then(|line| Ok(serde_json::from_str(&line)?));
                if sender.send(answer).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            input,
            answers,
        })
    }

    fn send(&mut self, command: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(command)?;
        line.push(b'\n');
        self.input.write_all(&line)
    }

    fn receive(&mut self) -> io::Result<A> {
        self.answers
            .recv_timeout(PATIENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => {
                    io::Error::other(format!("no answer within {PATIENCE:?}"))
                }
                RecvTimeoutError::Disconnected => match self.child.wait() {
                    Ok(status) => io::Error::other(format!("a process ended: {status}")),
                    Err(error) => error,
                },
            })?
    }
}

impl<A> Drop for Process<A> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
