//! Signals and `--for` end the program also while nobody reads its output, which blocks it.

use std::io;
use std::process::exit;
use std::thread;
use std::time::Duration;

use crate::stop;
use crate::watched::writes;

/// How long a write may take once the program is to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for stderr, which perhaps nobody reads either.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// From here on a signal, or the end of this time, ends the program if a write does not return. A second
/// signal ends it in any case.
pub(crate) fn watch(limit: Option<Duration>) -> io::Result<()> {
    #[cfg(unix)]
    watch_signals()?;
    if let Some(limit) = limit {
        thread::spawn(move || {
            thread::sleep(limit);
            exit_if_unread();
        });
    }
    Ok(())
}

#[cfg(unix)]
fn watch_signals() -> io::Result<()> {
    use std::time::Instant;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    use crate::runtime::TOGETHER;

    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            let first = Instant::now();
            thread::spawn(exit_if_unread);
            // The exit status of a program that the signal ends, as a shell shows it.
            if let Some(signal) = signals.find(|_| first.elapsed() >= TOGETHER) {
                exit(128 + signal);
            }
        }
    });
    Ok(())
}

/// Ends the program when the same write has run for too long.
fn exit_if_unread() -> ! {
    loop {
        let (runs, returned) = writes();
        thread::sleep(PATIENCE);
        if runs && writes() == (true, returned) {
            thread::spawn(|| stop::say("nobody reads the output: what was not read is lost"));
            thread::sleep(LAST_WORDS);
            exit(i32::from(stop::TROUBLE));
        }
    }
}
