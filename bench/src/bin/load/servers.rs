//! The servers under test.

pub(crate) mod cluster;
mod counted;
mod esse;
mod file;
mod floor;
mod node;
mod peer;
mod peer_node;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use counted::Counted;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What a server process runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Setup {
    /// A server without topics. A hub keeps `bytes` bytes, a broadcast channel `events` events.
    Plain {
        server: Server,
        bytes: usize,
        events: usize,
    },
    /// `esse_server::serve` and a hub, as they are by default, with topics and event IDs.
    Node(Limits),
    /// What beacon nodes have today: a broadcast channel of 16 events for each topic.
    PeerNode,
    /// The same as `Node`, but fed from a stream in the Redis with this URL.
    Cluster { url: String },
    /// `esse_server::serve` with an event whose data is this file, or a loop that copies the file.
    File { path: PathBuf, is_floor: bool },
}

/// What differs from the defaults of `esse_server::serve`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub(crate) connections: Option<usize>,
    pub(crate) per_address: Option<usize>,
    /// How long clients may take to send a head, or to take something.
    pub(crate) patience: Option<Duration>,
}

/// A server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Server {
    /// axum's own `Sse` over `tokio::sync::broadcast`.
    Peer,
    /// `Hub` and `Sink` in `axum::serve`.
    EsseAxum,
    /// The same application on the accept loop from the docs of `CoalescedWrites`.
    EsseRouter,
    /// `Hub` and `Sink` on that loop, without axum.
    Esse,
    /// The same application, unchanged, in `esse_server::serve`, which parks it.
    EsseServe,
    /// A loop of plain writes. It cannot serve a reader that stalls.
    Floor,
}

/// Publishes texts as events to all subscribers, at once. Only some servers have topics.
pub(crate) type Publish = Arc<dyn Fn(&str, Vec<String>) + Send + Sync>;

/// A running server.
pub(crate) struct Running {
    pub(crate) publish: Publish,
    pub(crate) counters: Box<dyn Fn() -> Counters>,
}

/// What a server has counted so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Writes to sockets.
    pub(crate) writes: u64,
    /// Connections that are open.
    pub(crate) connections: u64,
    /// Events that subscribers missed, as the server counts them.
    pub(crate) missed: u64,
}

impl Running {
    /// A server on connections that count their writes.
    fn counted(publish: Publish) -> Self {
        Self {
            publish,
            counters: Box::new(Counted::counters),
        }
    }
}

impl Setup {
    /// Starts to serve.
    pub(crate) async fn start(self, listener: TcpListener) -> io::Result<Running> {
        match self {
            Self::Plain {
                server,
                bytes,
                events,
            } => Ok(server.start(listener, bytes, events)),
            Self::Node(limits) => Ok(node::start(listener, limits)),
            Self::PeerNode => Ok(peer_node::start(listener)),
            Self::Cluster { url } => cluster::start(listener, url).await,
            Self::File {
                path,
                is_floor: true,
            } => Ok(file::start_floor(listener, path)),
            Self::File { path, .. } => Ok(file::start(listener, path)),
        }
    }
}

impl Server {
    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().into())
    }

    fn start(self, listener: TcpListener, bytes: usize, events: usize) -> Running {
        match self {
            Self::Peer => Running::counted(peer::start(listener, events)),
            Self::EsseAxum => Running::counted(esse::start_axum(listener, bytes)),
            Self::EsseRouter => Running::counted(esse::start_router(listener, bytes)),
            Self::Esse => Running::counted(esse::start(listener, bytes)),
            Self::EsseServe => esse::start_serve(listener, bytes),
            Self::Floor => floor::start(listener),
        }
    }
}
