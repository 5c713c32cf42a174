//! A subject in another process, spoken to with the protocol. Whatever that process does, each
//! command gets an answer or a reason within the time limit.

mod link;
mod tail;

use std::time::Duration;

use self::link::{Broken, Link};
use crate::{
    block_json::BlockJson,
    protocol::{self, Command, OutOfStep, Started, VERSION},
    subject::{Encoded, Info, NoAnswer, Parsed, Subject},
};

/// So many crashes with no answer between, and the subject is given up.
pub const CRASHES_IN_A_ROW: u32 = 32;
/// So many time-outs with no answer between, and the subject is given up.
pub const TIMEOUTS_IN_A_ROW: u32 = 4;

/// A program that speaks the protocol, started again whenever a case has crashed or hung it.
///
/// ```
/// use std::time::Duration;
/// use esse_conformance::process::Process;
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
    crashes: u32,
    timeouts: u32,
    given_up: Option<String>,
}

impl Process {
    /// Starts the program with the system's shell and asks what it is. `timeout` is for every
    /// single answer.
    ///
    /// # Errors
    /// When it cannot be started, does not answer `start` in time, or speaks another version.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use esse_conformance::{process::Process, subject::Subject};
    ///
    /// let subject = Process::start("python3 adapter.py", Duration::from_secs(10))?;
    /// println!("{}", subject.info().title());
    /// # Ok::<(), esse_conformance::subject::NoAnswer>(())
    /// ```
    pub fn start(command: &str, timeout: Duration) -> Result<Self, NoAnswer> {
        let (link, info) = connect(command, timeout)?;
        Ok(Self {
            command: command.to_owned(),
            timeout,
            info,
            link: Some(link),
            seq: 0,
            crashes: 0,
            timeouts: 0,
            given_up: None,
        })
    }

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// One command, one answer. When that goes wrong, the process is ended; the next command
    /// starts it again.
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
                (self.crashes, self.timeouts) = (0, 0);
                answer
            }
            Err(OutOfStep(how)) => Err(self.lost(link, &Broken::Garbage(how))),
        }
    }

    fn connected(&mut self) -> Result<Link, NoAnswer> {
        if let Some(link) = self.link.take() {
            return Ok(link);
        }
        if let Some(how) = &self.given_up {
            return Err(NoAnswer::Lost {
                how: how.clone(),
                stderr: String::new(),
            });
        }
        connect(&self.command, self.timeout)
            .map(|(link, _)| link)
            .inspect_err(|error| {
                self.given_up = Some(format!("not run: could not be started again: {error}"));
            })
    }

    fn lost(&mut self, link: Link, broken: &Broken) -> NoAnswer {
        match broken {
            Broken::TimedOut(_) => self.timeouts += 1,
            Broken::Exited(_) | Broken::Garbage(_) => self.crashes += 1,
        }
        if self.crashes >= CRASHES_IN_A_ROW || self.timeouts >= TIMEOUTS_IN_A_ROW {
            self.given_up = Some(format!(
                "not run: the subject was given up after {} crashes and {} time-outs in a row",
                self.crashes, self.timeouts
            ));
        }
        NoAnswer::Lost {
            how: broken.to_string(),
            stderr: link.end(),
        }
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
            Err(NoAnswer::Lost {
                how,
                stderr: link.end(),
            })
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
        let chunks = chunks
            .iter()
            .map(|chunk| protocol::to_base64(chunk))
            .collect();
        let last_event_id = last_event_id.map(str::to_owned);
        self.ask(
            &Command::Parse {
                seq,
                chunks,
                last_event_id,
            },
            |line| protocol::read_parsed(line, seq),
        )
    }

    fn encode(&mut self, block: &BlockJson) -> Result<Encoded, NoAnswer> {
        let seq = self.next_seq();
        self.ask(
            &Command::Encode {
                seq,
                block: block.clone(),
            },
            |line| protocol::read_encoded(line, seq),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.stop();
        }
    }
}
