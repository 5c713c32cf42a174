//! Waits for a process that is about to end.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use super::shell::has_ended;

/// The exit status; `None` if the process does not end in time.
pub fn exit_status(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(2)),
            Ok(status) => {
                if status.is_some() {
                    has_ended(child);
                }
                return status;
            }
            Err(_) => return None,
        }
    }
}
