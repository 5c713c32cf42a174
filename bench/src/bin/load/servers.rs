//! The servers under test.

mod counted;
mod esse;
mod floor;
mod peer;

use std::sync::Arc;

use clap::ValueEnum;
use counted::Counted;
use tokio::net::TcpListener;

/// A server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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

/// Publishes texts as events to all subscribers, at once.
pub(crate) type Publish = Arc<dyn Fn(Vec<String>) + Send + Sync>;

/// A running server.
pub(crate) struct Running {
    pub(crate) publish: Publish,
    /// The number of writes so far, on all connections.
    pub(crate) writes: Box<dyn Fn() -> u64>,
}

impl Running {
    /// A server on connections that count their writes.
    fn counted(publish: Publish) -> Self {
        Self {
            publish,
            writes: Box::new(Counted::writes),
        }
    }
}

impl Server {
    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().into())
    }

    /// Starts to serve. The hub keeps `keep` bytes.
    pub(crate) fn start(self, listener: TcpListener, keep: usize) -> Running {
        match self {
            Self::Peer => Running::counted(peer::start(listener)),
            Self::EsseAxum => Running::counted(esse::start_axum(listener, keep)),
            Self::EsseRouter => Running::counted(esse::start_router(listener, keep)),
            Self::Esse => Running::counted(esse::start(listener, keep)),
            Self::EsseServe => esse::start_serve(listener, keep),
            Self::Floor => floor::start(listener),
        }
    }
}
