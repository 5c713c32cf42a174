//! Messages between the processes: one line of JSON each, on standard input and output.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// To the server, which first sends its address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToServer {
    /// Publish events with `bytes` bytes of data each, all at once. The answer is [`Published`].
    Publish { events: usize, bytes: usize },
    /// Begin to publish. The answer is `null`, at once.
    Pace(Pace),
    /// The answer is [`Usage`].
    Usage,
}

/// What to publish by the clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// The topics, in turn.
    pub(crate) topics: Vec<String>,
    /// How often to publish, and the microseconds between.
    pub(crate) times: usize,
    pub(crate) every: u64,
    /// How many events to publish at once, and the bytes of data of each.
    pub(crate) batch: usize,
    pub(crate) bytes: usize,
}

impl Pace {
    /// Single events of one topic.
    pub(crate) fn of(topic: &str, times: usize, every: u64, bytes: usize) -> Self {
        Self {
            topics: vec![topic.to_owned()],
            times,
            every,
            batch: 1,
            bytes,
        }
    }

    /// Single events of one topic for this time.
    pub(crate) fn during(time: Duration, topic: &str, every: u64, bytes: usize) -> Self {
        let times = micros(time) / every;
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        Self::of(topic, times, every, bytes)
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
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
    /// `VmRSS` and `VmHWM`, in KiB.
    pub(crate) resident: u64,
    pub(crate) most_resident: u64,
    /// Writes to sockets.
    pub(crate) writes: u64,
    /// Connections that are open now.
    pub(crate) connections: u64,
    /// Events that subscribers missed, as the server counts them.
    pub(crate) missed: u64,
}

/// To the subscribers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToSubscribers {
    /// Connect subscribers, and answer `null` when all response heads have arrived. The stalled ones
    /// get small socket buffers.
    Connect {
        address: SocketAddr,
        /// Without topics they want everything.
        topics: Option<String>,
        last_event_id: Option<String>,
        subscribers: usize,
        stalled: usize,
    },
    /// Once this many events have arrived in total, answer with the time of the last one, in
    /// nanoseconds since 1970.
    Await { events: u64 },
    /// Answer with the [`Latencies`] since the last such answer.
    Latencies,
    /// Answer with the [`Counts`] so far.
    Counts,
}

/// What the readers have received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// The fewest and the most events of any one reader.
    pub(crate) fewest: u64,
    pub(crate) most: u64,
    /// Events of all readers.
    pub(crate) all: u64,
    /// Readers that were disconnected.
    pub(crate) disconnected: u64,
}

/// To the attackers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ToAttackers {
    /// Begin. The answer is `null`, at once.
    Begin { address: SocketAddr, attack: Attack },
    /// Answer with [`Taken`].
    Taken,
}

/// Many connections to a server.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Attack {
    pub(crate) client: Client,
    pub(crate) connections: usize,
    /// Microseconds from one to the next.
    pub(crate) every: u64,
}

/// What each of them does. All but `Vanish` and `Resume` stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Client {
    /// Asks for everything and reads nothing.
    Stall,
    /// The same, after an event that is among the newest.
    StallInReplay { newest: u64 },
    /// Resumes after a random ID, reads for a moment, and closes.
    Resume,
    /// Asks for everything, and reads: what an attack of readers is compared with.
    Read,
    /// Asks for this many topics, and reads.
    Topics(usize),
    /// Sends its request a byte a second.
    SlowHead,
    /// Sends its request and one more byte, and ends its side of the connection.
    Finish,
    /// Connects and closes.
    Vanish,
    /// Asks for a quiet topic, and reads.
    Hold,
}

/// What the attackers got so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// Connections that were opened, and those that the server did not accept in time.
    pub(crate) connected: u64,
    pub(crate) failed: u64,
    /// Bytes that arrived.
    pub(crate) bytes: u64,
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
