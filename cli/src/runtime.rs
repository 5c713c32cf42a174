//! What the commands that need a network run in, and what ends them.

use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::stop::Stop;
use crate::time::Time;

/// Runs a command that serves one connection at a time.
pub(crate) fn on_one_thread<T>(command: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    run(&mut Builder::new_current_thread(), command)
}

/// Runs a command that serves many.
pub(crate) fn on_all_threads<T>(command: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    run(&mut Builder::new_multi_thread(), command)
}

fn run<T>(
    builder: &mut Builder,
    command: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|error| Stop::trouble(format_args!("cannot start: {error}")))?;
    runtime.block_on(command)
}

/// What ended a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By Ctrl-C, or by SIGTERM.
    ByCtrlC,
    /// By `--for`.
    ByTime,
}

/// Waits for Ctrl-C or SIGTERM, or until the time is over. They are caught from the first poll on.
pub(crate) async fn ended(time: Option<Time>) -> Result<Ended, Stop> {
    let mut interrupted = pin!(interrupted());
    let limit = time.map_or(Duration::MAX, |time| time.0);
    tokio::select! {
        biased;
        interrupted = &mut interrupted => interrupted.map(|()| Ended::ByCtrlC).map_err(Stop::trouble),
        () = sleep(limit) => Ok(Ended::ByTime),
    }
}

#[cfg(unix)]
async fn interrupted() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> io::Result<()> {
    ctrl_c().await
}
