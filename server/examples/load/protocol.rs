//! What the processes say to each other: one JSON value a line, on standard input and output.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// To the server.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ToServer {
    /// Publish events with that much data each, all at once.
    Publish {
        events: usize,
        bytes: usize,
    },
    /// Publish so many, one each so many microseconds.
    Pace {
        events: usize,
        bytes: usize,
        every: u64,
    },
    Usage,
}

/// From the server.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum FromServer {
    Listening(SocketAddr),
    Published(Published),
    Usage(Usage),
}

/// One call that published.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Published {
    /// When it began, in nanoseconds since 1970.
    pub(crate) at: u64,
    /// How long the call took, and how much of the processor, in nanoseconds.
    pub(crate) took: u64,
    pub(crate) cpu: u64,
}

/// What the server process has used up to now.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// User and system time, in microseconds.
    pub(crate) cpu: u64,
    /// `VmRSS`, in KiB.
    pub(crate) resident: u64,
    /// Calls that wrote to a socket.
    pub(crate) writes: u64,
}

/// To the subscribers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ToSubscribers {
    /// Connect so many. Those that are to stall have small socket buffers.
    Connect {
        address: SocketAddr,
        subscribers: usize,
        stalled: usize,
    },
    /// Answer once so many events have come in all.
    Await { events: u64 },
    /// Answer with the latencies since the last answer.
    Latencies,
    /// Answer with how many events the subscribers got that read.
    Counts,
}

/// From the subscribers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum FromSubscribers {
    /// The head of every response is there.
    Connected,
    /// When the last event came, in nanoseconds since 1970.
    Reached {
        at: u64,
    },
    Latencies(Latencies),
    /// The fewest and the most that one got.
    Counts {
        fewest: u64,
        most: u64,
    },
}

/// From the call that published to the read that returned the event, in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Latencies {
    pub(crate) median: u64,
    pub(crate) p99: u64,
}

/// Says it to whoever started this process.
pub(crate) fn say(message: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, message)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// What is said to this process, until nothing is any more.
pub(crate) fn heard<T: DeserializeOwned>() -> impl Iterator<Item = io::Result<T>> {
    let lines = io::stdin().lock().lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?))
}
