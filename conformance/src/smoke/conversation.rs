//! A conversation with a subject, which is started again where an answer was no answer.

use std::time::Duration;

use super::line::{self, Members};
use super::{Finding, silence};
use crate::block_json::BlockJson;
use crate::escape;
use crate::process::link::{Broken, Link};
use crate::process::shell::is_no_command;
use crate::protocol::{Command, VERSION, to_base64};

pub(super) struct Conversation {
    command: String,
    timeout: Duration,
    link: Option<Link>,
    seq: u64,
    over: bool,
    no_command: bool,
}

impl Conversation {
    pub(super) fn open(command: &str, timeout: Duration) -> Result<Self, Finding> {
        Ok(Self {
            command: command.to_owned(),
            timeout,
            link: Some(open(command)?),
            seq: 0,
            over: false,
            no_command: false,
        })
    }

    /// Whether it is of no use to ask more: it timed out, or cannot be started again.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the shell had no such command.
    pub(super) fn is_no_command(&self) -> bool {
        self.no_command
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
        let command = Command::Parse {
            seq,
            chunks: chunks.iter().map(|chunk| to_base64(chunk)).collect(),
            last_event_id: last_event_id.map(str::to_owned),
        };
        self.ask(&command, seq, "parser")
    }

    pub(super) fn encode(&mut self, block: BlockJson) -> Result<Members, Finding> {
        let seq = self.next_seq();
        self.ask(&Command::Encode { seq, block }, seq, "encoder")
    }

    /// Not one after the other: a subject that counts for itself is to be seen.
    fn next_seq(&mut self) -> u64 {
        self.seq += 7;
        self.seq
    }

    fn ask(&mut self, command: &Command, seq: u64, role: &str) -> Result<Members, Finding> {
        if self.link.is_none() {
            self.link = Some(open(&self.command)?);
            self.start()?;
        }
        let answer = self.exchange(command)?;
        if let Err(finding) = line::in_step(&answer, seq) {
            // There may be more lines to come that nobody has asked for.
            self.link.take().map(Link::end);
            return Err(with_lines(finding, command, &answer));
        }
        line::done(&answer, role).map_err(|finding| with_lines(finding, command, &answer))?;
        Ok(answer)
    }

    /// One command, and the JSON object that comes.
    fn exchange(&mut self, command: &Command) -> Result<Members, Finding> {
        let Some(mut link) = self.link.take() else {
            return Err(Finding::wrong("it is not running", ""));
        };
        match link.exchange(command, self.timeout) {
            Ok(text) => match line::object(&text) {
                Ok(answer) => {
                    self.link = Some(link);
                    Ok(answer)
                }
                Err(finding) => {
                    let finding = finding.sent(shown(command)).got(&text);
                    Err(finding.stderr(&link.end()))
                }
            },
            Err(broken) => {
                self.note_end(&broken);
                Err(silence::explain(link, &broken).sent(shown(command)))
            }
        }
    }

    fn note_end(&mut self, broken: &Broken) {
        self.over = matches!(broken, Broken::TimedOut(_));
        self.no_command = matches!(broken, Broken::Exited(Some(status)) if is_no_command(*status));
    }

    /// Sends `stop` and leaves stdin open: it is that word, not the end, that it must know.
    pub(super) fn stop(&mut self) -> Option<Finding> {
        if self.link.is_none() {
            self.link = open(&self.command).ok();
            // What is wrong with its start was said before.
            let _ = self.start();
        }
        let mut link = self.link.take()?;
        link.send(&Command::Stop);
        let ended = link.receive(self.timeout);
        let finding = self.after_stop(&mut link, ended);
        let stderr = link.end();
        finding.map(|finding| finding.sent(shown(&Command::Stop)).stderr(&stderr))
    }

    fn after_stop(&self, link: &mut Link, ended: Result<Vec<u8>, Broken>) -> Option<Finding> {
        match ended {
            Ok(more) => Some(
                Finding::wrong(
                    "a line came that nobody has asked for",
                    "write one answer for each command, and none for `stop`",
                )
                .got(&more),
            ),
            Err(Broken::Exited(Some(status))) if status.success() => None,
            Err(Broken::Exited(Some(status))) => Some(Finding::note(
                format!("it ended with {status}"),
                "end with status 0: is an error behind it?",
            )),
            Err(Broken::Exited(None)) => Some(Finding::wrong(
                "it closed its stdout on `stop`, but did not end",
                "end the program: are there threads or timers left?",
            )),
            Err(_) => Some(does_not_stop(link, self.timeout)),
        }
    }
}

fn does_not_stop(link: &mut Link, timeout: Duration) -> Finding {
    link.hang_up();
    let how = match link.receive(timeout) {
        Err(Broken::TimedOut(_)) => "nor when stdin was closed: it had to be killed",
        _ => "only when stdin was closed",
    };
    Finding::wrong(
        format!("it did not end on `stop` in {timeout:?}, {how}"),
        "leave the loop at {\"cmd\":\"stop\"} and end the program",
    )
}

fn open(command: &str) -> Result<Link, Finding> {
    Link::open(command)
        .map_err(|error| Finding::wrong(format!("the shell cannot be started: {error}"), ""))
}

fn with_lines(finding: Finding, command: &Command, answer: &Members) -> Finding {
    finding
        .sent(shown(command))
        .got(&serde_json::to_vec(answer).unwrap_or_default())
}

fn shown(command: &Command) -> String {
    escape::line(&serde_json::to_vec(command).unwrap_or_default())
}
