//! Waits for a process that is about to end.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use super::shell::kill;

/// The exit status; `None` if the process does not end in time. If it does, everything it started is
/// ended by force.
pub fn exit_status(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + patience;
    while !has_ended(child) {
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    kill(child);
    child.wait().ok()
}

/// Leaves the process to be waited for, so that its group keeps its ID.
#[cfg(unix)]
fn has_ended(child: &Child) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let ended = waitid(WaitId::Pid(Pid::from_child(child)), options);
    // An error means that it was waited for before.
    !matches!(ended, Ok(None))
}

#[cfg(windows)]
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}
