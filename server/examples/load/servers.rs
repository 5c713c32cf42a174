//! The servers under test.

mod counted;
mod esse;
mod peer;

use std::sync::Arc;

use clap::ValueEnum;
use tokio::net::TcpListener;

pub(crate) use counted::Counted;

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
}

/// Publishes texts as events to all subscribers, at once.
pub(crate) type Publish = Arc<dyn Fn(Vec<String>) + Send + Sync>;

impl Server {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::EsseAxum => "esse-axum",
            Self::EsseRouter => "esse-router",
            Self::Esse => "esse",
        }
    }

    /// Serves connections from now on. `keep` is how many bytes the hub keeps.
    pub(crate) fn start(self, listener: TcpListener, keep: usize) -> Publish {
        match self {
            Self::Peer => peer::start(listener),
            Self::EsseAxum => esse::start_axum(listener, keep),
            Self::EsseRouter => esse::start_router(listener, keep),
            Self::Esse => esse::start(listener, keep),
        }
    }
}
