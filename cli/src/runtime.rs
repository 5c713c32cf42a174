//! What the commands that need a network run in, and what ends them.

use std::io;
use std::time::Duration;

use tokio::runtime::Builder;
#[cfg(not(unix))]
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

use crate::stop::Stop;
use crate::time::Time;
use crate::unread;

/// Signals within this time count as one: `timeout` sends two, and a shell may pass on a Ctrl-C that
/// came to all of its group.
pub(crate) const TOGETHER: Duration = Duration::from_millis(300);

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

/// Waits for Ctrl-C or SIGTERM, or until the time is over. They are caught from the first poll on. From
/// then on they also end a program whose output nobody reads.
pub(crate) async fn ended(time: Option<Time>) -> Result<Ended, Stop> {
    let limit = time.map(|time| time.0);
    let mut signals = Signals::catch().map_err(Stop::trouble)?;
    unread::watch(limit).map_err(Stop::trouble)?;
    tokio::select! {
        biased;
        () = signals.next() => Ok(Ended::ByCtrlC),
        () = sleep(limit.unwrap_or(Duration::MAX)) => Ok(Ended::ByTime),
    }
}

/// Ctrl-C and SIGTERM, which do not end the program any more.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The next one that does not belong to the one before.
    pub(crate) async fn again(&mut self) {
        let same = async {
            loop {
                self.next().await;
            }
        };
        let _ = timeout(TOGETHER, same).await;
        self.next().await;
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn next(&mut self) {
        // If Ctrl-C cannot be caught, it ends the process.
        if ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
