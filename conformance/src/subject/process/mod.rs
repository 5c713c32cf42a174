//! Subjects in other processes: adapters that speak the protocol ([`Process`]), and programs that
//! are run once per stream ([`Oneshot`]). Whatever the process does, each command gets an answer or
//! a reason within the time limit.

mod losses;
mod oneshot;

use std::time::Duration;

use self::losses::{Losses, no_answer};
pub use self::oneshot::Oneshot;
use super::answer::{Encoded, NoAnswer, Parsed};
use super::block::Block;
use super::contract::{Origin, Subject};
use super::info::Info;
use crate::process::{Broken, Link, PATIENCE};
use crate::protocol::message::{self, Command, OutOfStep, Started, VERSION};

/// A program that speaks the subject protocol. It is started again after each crash or time-out.
///
/// ```
/// use std::time::Duration;
/// use esse_conformance::subject::Process;
///
/// let error = Process::start("exit 3", Duration::from_secs(10)).unwrap_err();
/// assert!(error.to_string().contains("exit status: 3"), "{error}");
/// ```
#[derive(Debug)]
pub struct Process {
    command: String,
    timeout: Duration,
    info: Info,
    link: Option<Link>,
    seq: u64,
    losses: Losses,
}

impl Process {
    /// Starts the program with the system's shell and asks for its [`Info`]. `timeout` is for each
    /// answer.
    ///
    /// # Errors
    /// If it cannot be started, does not answer `start` in time, or speaks another version.
    pub fn start(command: &str, timeout: Duration) -> Result<Self, NoAnswer> {
        let (link, info) = connect(command, timeout)?;
        Ok(Self {
            command: command.to_owned(),
            timeout,
            info,
            link: Some(link),
            seq: 0,
            losses: Losses::default(),
        })
    }

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Sends a command and reads its answer. If that fails, the process is ended; the next
    /// command starts it again.
    fn ask<T>(
        &mut self,
        command: &Command,
        read: impl FnOnce(&[u8]) -> Result<Result<T, NoAnswer>, OutOfStep>,
    ) -> Result<T, NoAnswer> {
        let mut link = self.connected()?;
        let answer = match link.exchange(command, self.timeout) {
            Ok(answer) => answer,
            Err(broken) => return Err(self.lost(link, &broken)),
        };
        match read(&answer) {
            Ok(answer) => {
                self.link = Some(link);
                self.losses.answered();
                answer
            }
            Err(OutOfStep(how)) => Err(self.lost(link, &Broken::Garbage(how))),
        }
    }

    fn connected(&mut self) -> Result<Link, NoAnswer> {
        if let Some(link) = self.link.take() {
            return Ok(link);
        }
        self.losses.given_up()?;
        connect(&self.command, self.timeout)
            .map(|(link, _)| link)
            .map_err(|error| {
                let why = format!("the subject could not be started again: {error}");
                self.losses.give_up(why.clone());
                NoAnswer::NotRun(why)
            })
    }

    fn lost(&mut self, link: Link, broken: &Broken) -> NoAnswer {
        self.losses.count(broken);
        no_answer(broken, broken.to_string(), link.end())
    }
}

fn connect(command: &str, timeout: Duration) -> Result<(Link, Info), NoAnswer> {
    let mut link = Link::open(command).map_err(|error| NoAnswer::Lost {
        how: format!("cannot be started: {error}"),
        stderr: String::new(),
    })?;
    match handshake(&mut link, timeout) {
        Ok(info) => Ok((link, info)),
        Err(broken) => {
            let how = format!("did not answer `start`: {broken}");
            Err(no_answer(&broken, how, link.end()))
        }
    }
}

fn handshake(link: &mut Link, timeout: Duration) -> Result<Info, Broken> {
    let answer = link.exchange(&Command::Start { version: VERSION }, timeout)?;
    let started: Started = serde_json::from_slice(&answer).map_err(|error| {
        Broken::Garbage(format!(
            "answered {} ({error})",
            crate::escape::quote(&answer)
        ))
    })?;
    if started.version == VERSION {
        return Ok(started.info);
    }
    Err(Broken::Garbage(format!(
        "speaks version {} of the protocol, not {VERSION}",
        started.version
    )))
}

impl Subject for Process {
    fn info(&self) -> &Info {
        &self.info
    }

    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer> {
        let seq = self.next_seq();
        let command = Command::parse(seq, chunks, last_event_id);
        self.ask(&command, |line| message::read_parsed(line, seq))
    }

    fn encode(&mut self, block: &Block) -> Result<Encoded, NoAnswer> {
        let seq = self.next_seq();
        let block = block.clone();
        let command = Command::Encode { seq, block };
        self.ask(&command, |line| message::read_encoded(line, seq))
    }

    fn origin(&self) -> Origin {
        Origin::Adapter(self.command.clone())
    }

    /// Its process is started with the first command.
    fn fork(&self) -> Option<Box<dyn Subject + Send>> {
        Some(Box::new(Self {
            command: self.command.clone(),
            timeout: self.timeout,
            info: self.info.clone(),
            link: None,
            seq: 0,
            losses: self.losses.clone(),
        }))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.send(&Command::Stop);
            link.close(PATIENCE);
        }
    }
}
