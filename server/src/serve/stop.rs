//! `Stop`: how far the end of a server has come.

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// The server accepts and serves connections.
    Running,
    /// Connections end when their responses do.
    Draining,
    /// The time is over, and connections are cut off.
    CutOff,
}

impl Stop {
    /// Waits until the end has come this far. Also returns if the server was dropped.
    pub(crate) async fn reached(self, stop: &mut watch::Receiver<Self>) {
        let _ = stop.wait_for(|stop| *stop >= self).await;
    }
}
