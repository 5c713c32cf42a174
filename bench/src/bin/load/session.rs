//! A server and its subscribers, each in a process of its own.

use std::io;
use std::net::SocketAddr;

use crate::process::Process;
use crate::protocol::{Counts, Latencies, Pace, Published, ToServer, ToSubscribers, Usage};
use crate::servers::{Server, Setup};

/// Events that a broadcast channel keeps.
const EVENTS: usize = 1024;

/// A server and its subscribers.
pub(crate) struct Session {
    // Dropped first, because subscribers lose their connections if their server ends before them.
    crowd: Crowd,
    server: Process,
    address: SocketAddr,
    /// The subscribers that read.
    readers: u64,
    /// The deliveries so far, to all of them.
    delivered: u64,
}

/// Subscribers of one process.
pub(crate) struct Crowd(Process);

impl Session {
    /// Starts both processes, without subscribers. The hub keeps `keep` bytes.
    pub(crate) fn start(server: Server, keep: usize) -> io::Result<Self> {
        Self::start_with(&Setup::Plain {
            server,
            bytes: keep,
            events: EVENTS,
        })
    }

    pub(crate) fn start_with(setup: &Setup) -> io::Result<Self> {
        Self::start_in(setup, &[])
    }

    /// With these variables in the environment of the server.
    pub(crate) fn start_in(setup: &Setup, variables: &[(&str, &str)]) -> io::Result<Self> {
        let setup = serde_json::to_string(setup)?;
        let mut server = Process::start(&["serve", &setup], variables)?;
        Ok(Self {
            address: server.receive()?,
            server,
            crowd: Crowd::start()?,
            readers: 0,
            delivered: 0,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds subscribers of everything, `stalled` of which never read.
    pub(crate) fn connect(&mut self, subscribers: usize, stalled: usize) -> io::Result<()> {
        self.readers += (subscribers - stalled) as u64;
        self.crowd.connect(self.address, None, subscribers, stalled)
    }

    /// Adds subscribers of everything that come back with this ID, after which there are this many
    /// events.
    pub(crate) fn resume(
        &mut self,
        subscribers: usize,
        last_event_id: String,
        events: u64,
    ) -> io::Result<()> {
        self.readers += subscribers as u64;
        self.delivered += subscribers as u64 * events;
        self.crowd.resume(self.address, subscribers, last_event_id)
    }

    /// Publishes events of `bytes` bytes at once, without waiting for delivery.
    pub(crate) fn publish(&mut self, events: usize, bytes: usize) -> io::Result<Published> {
        self.delivered += self.readers * events as u64;
        self.server.ask(&ToServer::Publish { events, bytes })
    }

    /// Begins to publish by the clock.
    pub(crate) fn pace(&mut self, pace: Pace) -> io::Result<()> {
        self.delivered += self.readers * (pace.times * pace.batch) as u64;
        self.server.ask(&ToServer::Pace(pace))
    }

    /// Waits until all readers have all events, and returns when the last one arrived.
    pub(crate) fn delivered(&mut self) -> io::Result<u64> {
        self.crowd.wait_for(self.delivered)
    }

    /// The same, if this many events were published by others.
    pub(crate) fn delivered_from_others(&mut self, events: u64) -> io::Result<u64> {
        self.delivered += self.readers * events;
        self.delivered()
    }

    pub(crate) fn usage(&mut self) -> io::Result<Usage> {
        self.server.ask(&ToServer::Usage)
    }

    /// Latencies of the events since the last call.
    pub(crate) fn latencies(&mut self) -> io::Result<Latencies> {
        self.crowd.latencies()
    }

    pub(crate) fn counts(&mut self) -> io::Result<Counts> {
        self.crowd.counts()
    }
}

impl Crowd {
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self(Process::start(&["subscribe"], &[])?))
    }

    /// Adds subscribers of these topics, `stalled` of which never read.
    pub(crate) fn connect(
        &mut self,
        address: SocketAddr,
        topics: Option<&str>,
        subscribers: usize,
        stalled: usize,
    ) -> io::Result<()> {
        self.0.ask(&ToSubscribers::Connect {
            address,
            topics: topics.map(str::to_owned),
            last_event_id: None,
            subscribers,
            stalled,
        })
    }

    fn resume(&mut self, address: SocketAddr, subscribers: usize, id: String) -> io::Result<()> {
        self.0.ask(&ToSubscribers::Connect {
            address,
            topics: None,
            last_event_id: Some(id),
            subscribers,
            stalled: 0,
        })
    }

    /// Waits until this many events have arrived, and returns when the last one did.
    pub(crate) fn wait_for(&mut self, events: u64) -> io::Result<u64> {
        self.0.ask(&ToSubscribers::Await { events })
    }

    /// Latencies of the events since the last call.
    pub(crate) fn latencies(&mut self) -> io::Result<Latencies> {
        self.0.ask(&ToSubscribers::Latencies)
    }

    pub(crate) fn counts(&mut self) -> io::Result<Counts> {
        self.0.ask(&ToSubscribers::Counts)
    }
}
