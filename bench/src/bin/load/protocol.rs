//! Messages between the processes: one line of JSON each, on standard input and output.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// To the server, which first sends its address.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ToServer {
    /// Publish events with `bytes` bytes of data each, all at once. The answer is [`Published`].
    Publish { events: usize, bytes: usize },
    /// Publish one event every `every` microseconds. There is no other answer than `null`.
    Pace {
        events: usize,
        bytes: usize,
        every: u64,
    },
    /// The answer is [`Usage`].
    Usage,
}

/// One call that published.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Published {
    /// When it began, in nanoseconds since 1970.
    pub(crate) at: u64,
    /// How long the call took, and its CPU time, in nanoseconds.
    pub(crate) took: u64,
    pub(crate) cpu: u64,
}

/// What the server process has used so far.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// User and system time, in microseconds.
    pub(crate) cpu: u64,
    /// `VmRSS`, in KiB.
    pub(crate) resident: u64,
    /// Writes to sockets.
    pub(crate) writes: u64,
}

/// To the subscribers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ToSubscribers {
    /// Connect subscribers, and answer `null` when all response heads have arrived. The stalled ones
    /// get small socket buffers.
    Connect {
        address: SocketAddr,
        subscribers: usize,
        stalled: usize,
    },
    /// Once this many events have arrived in total, answer with the time of the last one, in
    /// nanoseconds since 1970.
    Await { events: u64 },
    /// Answer with the [`Latencies`] since the last such answer.
    Latencies,
    /// Answer with the fewest and the most events of any one reader.
    Counts,
}

/// Nanoseconds from the call that published an event to the read that returned it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Latencies {
    pub(crate) median: u64,
    pub(crate) p99: u64,
}

/// Sends a message to the parent process.
pub(crate) fn send(message: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, message)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The messages of the parent process, until it closes the pipe.
pub(crate) fn received<T: DeserializeOwned>() -> impl Iterator<Item = io::Result<T>> {
    let lines = io::stdin().lock().lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?))
}
