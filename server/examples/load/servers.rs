//! The servers under test.

mod counted;
mod direct;
mod esse;
mod floor;
mod peer;

use std::sync::Arc;

use clap::ValueEnum;
use counted::Counted;
use tokio::net::TcpListener;

/// Which server, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Server {
    /// axum's own `Sse` over `tokio::sync::broadcast`.
    Peer,
    /// `Hub` and `Sink` in `axum::serve`.
    EsseAxum,
    /// The same application on the accept loop that `Joined` documents.
    EsseRouter,
    /// `Hub` and `Sink` without axum on that loop.
    Esse,
    /// `Direct`: the hub has the sockets.
    EsseDirect,
    /// One loop of writes. It cannot have a reader that stalls.
    Floor,
}

/// Publishes texts as events to all subscribers, at once.
pub(crate) type Publish = Arc<dyn Fn(Vec<String>) + Send + Sync>;

/// A server that serves.
pub(crate) struct Running {
    pub(crate) publish: Publish,
    /// How often anything was written, on all connections.
    pub(crate) writes: Box<dyn Fn() -> u64>,
}

impl Running {
    /// On connections that count.
    fn counted(publish: Publish) -> Self {
        Self {
            publish,
            writes: Box::new(Counted::writes),
        }
    }
}

impl Server {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::EsseAxum => "esse-axum",
            Self::EsseRouter => "esse-router",
            Self::Esse => "esse",
            Self::EsseDirect => "esse-direct",
            Self::Floor => "floor",
        }
    }

    /// Serves connections from now on. `keep` is how many bytes the hub keeps.
    pub(crate) fn start(self, listener: TcpListener, keep: usize) -> Running {
        match self {
            Self::Peer => Running::counted(peer::start(listener)),
            Self::EsseAxum => Running::counted(esse::start_axum(listener, keep)),
            Self::EsseRouter => Running::counted(esse::start_router(listener, keep)),
            Self::Esse => Running::counted(esse::start(listener, keep)),
            Self::EsseDirect => direct::start(listener, keep),
            Self::Floor => floor::start(listener),
        }
    }
}
