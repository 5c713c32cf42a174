//! A conversation with a subject. It is started again after an answer that cannot be used.

use std::time::Duration;

use super::Finding;
use super::answer::{self, Members};
use crate::escape;
use crate::process::{Broken, Link, is_no_command};
use crate::protocol::{Command, VERSION};
use crate::subject::Block;

/// How long to wait for an answer after stdin was closed.
const AFTER_CLOSING: Duration = Duration::from_secs(1);

pub(super) struct Conversation {
    command: String,
    timeout: Duration,
    link: Option<Link>,
    seq: u64,
    /// There is no point in asking more: it timed out.
    pub(super) is_over: bool,
    /// There is no shell, or it does not know the command.
    pub(super) cannot_run: bool,
}

impl Conversation {
    pub(super) fn new(command: &str, timeout: Duration) -> Self {
        Self {
            command: command.to_owned(),
            timeout,
            link: None,
            seq: 0,
            is_over: false,
            cannot_run: false,
        }
    }

    pub(super) fn start(&mut self) -> Result<Members, Finding> {
        self.exchange(&Command::Start { version: VERSION })
    }

    pub(super) fn parse(
        &mut self,
        chunks: &[&[u8]],
        last_event_id: Option<&str>,
    ) -> Result<Members, Finding> {
        let seq = self.next_seq();
        let command = Command::parse(seq, chunks, last_event_id);
        self.ask(&command, seq, "parser")
    }

    pub(super) fn encode(&mut self, block: Block) -> Result<Members, Finding> {
        let seq = self.next_seq();
        self.ask(&Command::Encode { seq, block }, seq, "encoder")
    }

    /// Not consecutive, so that a subject that counts on its own is noticed.
    fn next_seq(&mut self) -> u64 {
        self.seq += 7;
        self.seq
    }

    fn ask(&mut self, command: &Command, seq: u64, role: &str) -> Result<Members, Finding> {
        if self.link.is_none() {
            self.start()?;
        }
        let answer = self.exchange(command)?;
        let in_step = answer::in_step(&answer, seq);
        if in_step.is_err() {
            // Unsolicited lines may follow.
            self.link.take().map(Link::end);
        }
        match in_step.and_then(|()| answer::done(&answer, role)) {
            Ok(()) => Ok(answer),
            Err(finding) => Err(finding.sent(shown(command)).answered(&answer)),
        }
    }

    /// Sends one command and reads a JSON object. A subject that is not running is started first.
    fn exchange(&mut self, command: &Command) -> Result<Members, Finding> {
        let link = self.link.take();
        let mut link = link
            .map_or_else(|| Link::open(&self.command), Ok)
            .map_err(|error| {
                self.cannot_run = true;
                Finding::wrong(format!("the shell cannot be started: {error}"), "")
            })?;
        let answer = match link.exchange(command, self.timeout) {
            Ok(text) => answer::object(&text).map_err(|finding| finding.got(&text)),
            Err(broken) => Err(self.no_answer(&mut link, &broken)),
        };
        match answer {
            Ok(answer) => {
                self.link = Some(link);
                Ok(answer)
            }
            Err(finding) => Err(finding.sent(shown(command)).stderr(&link.end())),
        }
    }

    /// Finds out why there is no answer.
    fn no_answer(&mut self, link: &mut Link, broken: &Broken) -> Finding {
        let (what, remedy) = match broken {
            Broken::TimedOut(limit) => {
                self.is_over = true;
                return timed_out(link, *limit);
            }
            Broken::Exited(_) if !link.half().is_empty() => return half(link.half()),
            Broken::Exited(Some(status)) if is_no_command(*status) => {
                self.cannot_run = true;
                (
                    format!("the shell cannot run the command ({status})"),
                    "check its name and path, and the folder that it runs in",
                )
            }
            Broken::Exited(Some(status)) => (
                format!("it ended ({status}) instead of answering"),
                "read and answer commands, one per line, until `stop`; run it by hand to see why \
                 it ends",
            ),
            Broken::Exited(None) => (
                "it closed its stdout but did not end".to_owned(),
                "keep stdout open, and write answers to it",
            ),
            Broken::Garbage(how) => (
                format!("it {how}"),
                "write each answer on a line of its own",
            ),
        };
        Finding::wrong(what, remedy)
    }

    /// Sends `stop` and leaves stdin open: the subject must know the command, not only the end.
    pub(super) fn stop(&mut self) -> Option<Finding> {
        if self.link.is_none() {
            // What is wrong with its start was reported before.
            let _ = self.start();
        }
        let mut link = self.link.take()?;
        let finding = match link.exchange(&Command::Stop, self.timeout) {
            Err(Broken::Exited(Some(status))) if status.success() => None,
            Ok(more) => Some(
                Finding::wrong(
                    "it wrote a line that no command asked for",
                    "write one answer for each command, and none for `stop`",
                )
                .got(&more),
            ),
            Err(Broken::Exited(Some(status))) => Some(Finding::note(
                format!("it ended with {status}"),
                "end with status 0; is an error behind it?",
            )),
            Err(Broken::Exited(None)) => Some(Finding::wrong(
                "it closed its stdout on `stop`, but did not end",
                "end the program; are threads or timers left?",
            )),
            Err(Broken::TimedOut(_) | Broken::Garbage(_)) => {
                Some(does_not_stop(&mut link, self.timeout))
            }
        };
        let stderr = link.end();
        finding.map(|finding| finding.sent(shown(&Command::Stop)).stderr(&stderr))
    }
}

fn shown(command: &Command) -> String {
    escape::line(&serde_json::to_vec(command).unwrap_or_default())
}

/// Closes its stdin: a subject that buffers, or reads to the end first, then answers.
fn timed_out(link: &mut Link, limit: Duration) -> Finding {
    link.hang_up();
    match link.receive(AFTER_CLOSING) {
        Ok(answer) => Finding::wrong(
            format!("no answer in {limit:?}; it came when stdin was closed"),
            "flush stdout after each answer (Python: print(.., flush=True); C: fflush(stdout); Go: \
             Flush of the bufio.Writer; others: stdbuf -oL CMD), and read stdin line by line, not \
             to its end",
        )
        .got(&answer),
        Err(Broken::Exited(_)) if !link.half().is_empty() => half(link.half()),
        Err(Broken::Exited(_)) => Finding::wrong(
            format!("no answer in {limit:?}, and none when stdin was closed: it ended then"),
            "answer every command but `stop` on stdout; does it read stdin, and does it know this \
             `cmd`?",
        ),
        Err(Broken::TimedOut(_) | Broken::Garbage(_)) => Finding::wrong(
            format!("no answer in {limit:?}, and it did not end when stdin was closed"),
            "does it read stdin at all, or wait for something else? A slow start needs a longer \
             --timeout",
        ),
    }
}

fn half(half: &[u8]) -> Finding {
    let (what, remedy) = match answer::object(half) {
        Ok(_) => (
            "the answer has no line end",
            "end each answer with a line feed, and flush",
        ),
        Err(_) => (
            "it ended in the middle of an answer",
            "write the whole line before the end",
        ),
    };
    Finding::wrong(what, remedy).got(half)
}

fn does_not_stop(link: &mut Link, timeout: Duration) -> Finding {
    link.hang_up();
    let how = match link.receive(timeout) {
        Err(Broken::TimedOut(_)) => "nor when stdin was closed, and had to be killed",
        _ => "only when stdin was closed",
    };
    Finding::wrong(
        format!("it did not end on `stop` within {timeout:?}, {how}"),
        "leave the loop at {\"cmd\":\"stop\"} and end the program",
    )
}
