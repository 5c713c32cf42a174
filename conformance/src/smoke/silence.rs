//! Why there is no answer.

use std::time::Duration;

use super::Finding;
use crate::process::link::{Broken, Link};
use crate::process::shell::is_no_command;

/// How long to wait for what comes after stdin was closed.
const AFTER_CLOSING: Duration = Duration::from_secs(1);

/// Finds out, and ends the process.
pub(super) fn explain(mut link: Link, broken: &Broken) -> Finding {
    let finding = match broken {
        Broken::TimedOut(limit) => timed_out(&mut link, *limit),
        Broken::Exited(_) if !link.half().is_empty() => half(link.half()),
        Broken::Exited(Some(status)) if is_no_command(*status) => Finding::wrong(
            format!("the shell cannot run the command ({status})"),
            "check its name and path, and the folder in which it is to be run",
        ),
        Broken::Exited(Some(status)) => Finding::wrong(
            format!("it ended ({status}) instead of an answer"),
            "read and answer commands, one a line, until `stop`; run it by hand to see why it ends",
        ),
        Broken::Exited(None) => Finding::wrong(
            "it closed its stdout, and lives on without",
            "keep stdout open, and write answers to it",
        ),
        Broken::Garbage(how) => Finding::wrong(
            format!("it {how}"),
            "write each answer on a line of its own",
        ),
    };
    finding.stderr(&link.end())
}

/// Closes its stdin: one that buffers, or reads to the end first, then comes out with it.
fn timed_out(link: &mut Link, limit: Duration) -> Finding {
    link.hang_up();
    let silence = format!("no answer in {limit:?}");
    match link.receive(AFTER_CLOSING) {
        Ok(answer) => Finding::wrong(
            format!("{silence}; it came when stdin was closed"),
            "flush stdout after each answer (Python: print(.., flush=True); C: fflush(stdout); Go: \
             Flush of the bufio.Writer; others: stdbuf -oL CMD), and read stdin line by line, not \
             to its end",
        )
        .got(&answer),
        Err(Broken::Exited(_)) if !link.half().is_empty() => half(link.half()),
        Err(Broken::Exited(_)) => Finding::wrong(
            format!("{silence}, and none when stdin was closed: it ended then"),
            "answer every command but `stop` on stdout; does it read stdin, and does it know this \
             `cmd`?",
        ),
        Err(_) => Finding::wrong(
            format!("{silence}, and it did not end when stdin was closed"),
            "does it read stdin at all, or wait for something else? A slow start needs a longer \
             --timeout",
        ),
    }
}

fn half(half: &[u8]) -> Finding {
    let whole = serde_json::from_slice::<serde_json::Value>(half).is_ok();
    let (what, remedy) = if whole {
        (
            "the answer has no line end",
            "end each answer with a line feed, and flush",
        )
    } else {
        (
            "it ended in the middle of an answer",
            "write the whole line before the end",
        )
    };
    Finding::wrong(what, remedy).got(half)
}
