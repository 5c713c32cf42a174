//! The two processes of a run, as seen by the one that measures. They end with it.

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

/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and its subscribers.
pub(crate) struct Session {
    // Dropped first: a server that goes before them would be an error.
    subscribers: Process<FromSubscribers>,
    server: Process<FromServer>,
    address: SocketAddr,
    /// How many read.
    readers: u64,
    /// How many events they have got, all in all.
    delivered: u64,
}

impl Session {
    /// Starts both; nobody is connected yet. `keep` is how many bytes the hub keeps.
    pub(crate) fn start(server: Server, keep: usize) -> io::Result<Self> {
        let keep = keep.to_string();
        let mut server = Process::start(&["serve", server.name(), &keep])?;
        let FromServer::Listening(address) = server.hear()? else {
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

    /// Adds subscribers, of which some never read.
    pub(crate) fn connect(&mut self, subscribers: usize, stalled: usize) -> io::Result<()> {
        self.subscribers.say(&ToSubscribers::Connect {
            address: self.address,
            subscribers,
            stalled,
        })?;
        self.readers += (subscribers - stalled) as u64;
        match self.subscribers.hear()? {
            FromSubscribers::Connected => Ok(()),
            _ => Err(confused()),
        }
    }

    /// Publishes events of so many bytes at once. Does not wait for their delivery.
    pub(crate) fn publish(&mut self, events: usize, bytes: usize) -> io::Result<Published> {
        self.ask_to_publish(events, &ToServer::Publish { events, bytes })
    }

    /// Publishes so many, one each so many microseconds.
    pub(crate) fn pace(&mut self, events: usize, bytes: usize, every: u64) -> io::Result<()> {
        let command = ToServer::Pace {
            events,
            bytes,
            every,
        };
        self.ask_to_publish(events, &command).map(drop)
    }

    fn ask_to_publish(&mut self, events: usize, command: &ToServer) -> io::Result<Published> {
        self.server.say(command)?;
        self.delivered += self.readers * events as u64;
        match self.server.hear()? {
            FromServer::Published(published) => Ok(published),
            _ => Err(confused()),
        }
    }

    /// Waits until all readers have all events. Says when the last came.
    pub(crate) fn delivered(&mut self) -> io::Result<u64> {
        let events = self.delivered;
        self.subscribers.say(&ToSubscribers::Await { events })?;
        match self.subscribers.hear()? {
            FromSubscribers::Reached { at } => Ok(at),
            _ => Err(confused()),
        }
    }

    pub(crate) fn usage(&mut self) -> io::Result<Usage> {
        self.server.say(&ToServer::Usage)?;
        match self.server.hear()? {
            FromServer::Usage(usage) => Ok(usage),
            _ => Err(confused()),
        }
    }

    /// Of the events since the last time.
    pub(crate) fn latencies(&mut self) -> io::Result<Latencies> {
        self.subscribers.say(&ToSubscribers::Latencies)?;
        match self.subscribers.hear()? {
            FromSubscribers::Latencies(latencies) => Ok(latencies),
            _ => Err(confused()),
        }
    }

    /// The fewest and the most events that one reader got.
    pub(crate) fn counts(&mut self) -> io::Result<(u64, u64)> {
        self.subscribers.say(&ToSubscribers::Counts)?;
        match self.subscribers.hear()? {
            FromSubscribers::Counts { fewest, most } => Ok((fewest, most)),
            _ => Err(confused()),
        }
    }
}

fn confused() -> io::Error {
    io::Error::other("an answer to another question")
}

/// A process of this program in another part.
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

    fn say(&mut self, command: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(command)?;
        line.push(b'\n');
        self.input.write_all(&line)
    }

    fn hear(&mut self) -> io::Result<A> {
        self.answers
            .recv_timeout(PATIENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => {
                    io::Error::other(format!("no answer within {} s", PATIENCE.as_secs()))
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
