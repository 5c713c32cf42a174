//! The accept loop, and the end of a server.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::connection::Accepted;
use super::limits::Admission;
use super::metrics::Counts;
use super::parking::{Parked, Parking};
use super::stop::Stop;
use super::{Application, MetricsHandle, Serve, Shared};
use crate::trace;

/// How long to wait before accepting again after accepting failed.
const PAUSE: Duration = Duration::from_millis(100);
/// How long clients that read may take for their last bytes, once the hubs are closed.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// A server that runs. Dropping it closes all connections.
struct Server<A> {
    listener: TcpListener,
    app: A,
    shared: Arc<Shared>,
    connections: JoinSet<()>,
}

/// Serves until the server is to stop, and up to the end.
pub(crate) async fn run<A: Application>(serve: Serve<A>) -> io::Result<()> {
    let Serve {
        listener,
        app,
        hubs,
        until,
        settings,
        metrics: MetricsHandle { limits, counts },
    } = serve;
    let until = match until {
        Some(until) => until,
        None => signals()?,
    };
    let mut beats = JoinSet::new();
    for hub in &hubs {
        beats.spawn(hub.keep_alive(settings.keep_alive, sleep));
    }
    let (stop, stopped) = watch::channel(Stop::Running);
    let mut drivers = JoinSet::new();
    let parking = Parking::start(&mut drivers, settings.patience, &counts, &stopped);
    let mut server = Server {
        listener,
        app,
        shared: Arc::new(Shared {
            settings,
            counts,
            limits,
            parking,
            stop: stopped,
        }),
        connections: JoinSet::new(),
    };
    server.accept_until(until).await;

    let mut connections = server.stop_accepting();
    stop.send_replace(Stop::Draining);
    let mut drains = JoinSet::new();
    for hub in hubs {
        drains.spawn(async move { hub.drain_within(settings.drain_within, sleep).await });
    }
    let last = async {
        ended(&mut connections).await;
        ended(&mut drivers).await;
    };
    let limit = settings.drain_within.saturating_add(LAST_BYTES);
    if timeout(limit, last).await.is_err() {
        connections.shutdown().await;
        stop.send_replace(Stop::CutOff);
        ended(&mut drivers).await;
    }
    while drains.join_next().await.is_some() {}
    Ok(())
}

async fn ended(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

impl<A: Application> Server<A> {
    async fn accept_until(&mut self, mut until: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let counts = Arc::clone(&self.shared.counts);
        loop {
            tokio::select! {
                () = &mut until => return,
                Some(ended) = self.connections.join_next() => note_panic(&ended, &counts),
                accepted = accept(&self.listener, &counts) => {
                    if let Some((socket, peer)) = accepted {
                        self.take(socket, peer);
                    }
                }
            }
        }
    }

    fn take(&mut self, socket: TcpStream, peer: SocketAddr) {
        let shared = &self.shared;
        shared.counts.accepted.add_one();
        // Events are written whole, so waiting for more gains nothing. If the option cannot be set,
        // they still arrive, but later.
        let _ = socket.set_nodelay(true);
        let admission = shared.limits.admit(peer.ip());
        if !matches!(admission, Admission::Serve(_)) {
            shared.counts.over_limit.add_one();
        }
        match admission {
            Admission::Serve(permit) => {
                let accepted = Accepted {
                    socket,
                    peer,
                    permit,
                };
                let served = accepted.serve(self.app.clone(), Arc::clone(shared));
                self.connections.spawn(served);
            }
            Admission::Refuse(permit, status) => {
                let refusal = Parked::refusal(socket, status, permit);
                shared.parking.park(refusal);
            }
            Admission::Close => {}
        }
    }
}

impl<A> Server<A> {
    /// Closes the listener. The drivers end after these connections.
    fn stop_accepting(self) -> JoinSet<()> {
        self.connections
    }
}

fn note_panic(ended: &Result<(), JoinError>, counts: &Counts) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        counts.panics.add_one();
    }
}

/// `None` if that failed. If a client was gone before it was accepted, that concerns only this
/// client. Otherwise the system is out of resources, and retrying at once would spin.
async fn accept(listener: &TcpListener, counts: &Counts) -> Option<(TcpStream, SocketAddr)> {
    let error = match listener.accept().await {
        Ok(accepted) => return Some(accepted),
        Err(error) => error,
    };
    counts.accept_errors.add_one();
    trace::could_not_accept(&error);
    let of_one = matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    );
    if !of_one {
        sleep(PAUSE).await;
    }
    None
}

/// Ctrl-C, and on Unix the signal by which a service is stopped. Both are caught from now on.
#[cfg(unix)]
fn signals() -> io::Result<Pin<Box<dyn Future<Output = ()> + Send>>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn signals() -> io::Result<Pin<Box<dyn Future<Output = ()> + Send>>> {
    Ok(Box::pin(async {
        // If Ctrl-C cannot be caught, it ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }))
}
