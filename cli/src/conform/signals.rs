//! Ends what `esse conform` has started when it is stopped: each program has a process group of its own,
//! so that Ctrl-C does not reach it.

use std::thread;

use esse_conformance::process::exit_with_all;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::stop::{Stop, say};

/// From here on a signal that stops the program ends all that it has started. The exit status is that
/// of a program which the signal ends, as a shell shows it.
pub(super) fn end_all_with_us() -> Result<(), Stop> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(Stop::trouble)?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            say("stopped, with all that was started; nothing is reported");
            exit_with_all(128 + signal);
        }
    });
    Ok(())
}
