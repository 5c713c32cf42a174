//! The server under test: the program in front of it, started for one check.

use std::io;
use std::time::Duration;

use esse_conformance::process::{Broken, Link};
use esse_conformance::report::escape;

use super::info::ServerInfo;
use super::message::{Answer, Command, Published};
use super::response::{Address, Request};
use super::stream::Stream;

/// How long a server may take to listen, whatever the patience is: some are slow to load.
const START: Duration = Duration::from_secs(30);
/// How long a server's program may take to end by itself after a check.
const END: Duration = Duration::from_millis(500);
/// How long to wait for the head of a response. One that comes only with the first event fails a
/// check of its own.
const HEAD: Duration = Duration::from_secs(1);
/// The usual settings, so that a check relies on no default.
const VARIABLES: [(&str, &str); 2] = [("PORT", "0"), ("SSE_HISTORY", "1000")];

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    /// Taken when the program is to end.
    link: Option<Link>,
    info: ServerInfo,
    address: Address,
    patience: Duration,
}

impl Server {
    /// Starts the program, and waits until it listens.
    pub(super) fn start(
        command: &str,
        variables: &[(&str, &str)],
        patience: Duration,
    ) -> Result<Self, String> {
        let mut link = open(command, variables)
            .map_err(|error| format!("the server cannot be started: {error}"))?;
        match start(&mut link) {
            Ok((info, address)) => Ok(Self {
                link: Some(link),
                info,
                address,
                patience,
            }),
            Err(why) => Err(with_stderr(
                format!("the server did not start: {why}"),
                link,
            )),
        }
    }

    pub(super) fn info(&self) -> &ServerInfo {
        &self.info
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Opens a stream, as a new client does.
    pub(super) fn open(&self) -> Result<Stream, String> {
        self.open_with(&Request::default())?.accepted()
    }

    /// Opens a stream, as a client does that comes back.
    pub(super) fn open_after(&self, id: impl AsRef<[u8]>) -> Result<Stream, String> {
        self.open_with(&Request::after(id))?.accepted()
    }

    /// Sends this request, and waits a moment for the head of its response.
    pub(super) fn open_with(&self, request: &Request) -> Result<Stream, String> {
        let mut stream = self.ask(request)?;
        stream.await_head(HEAD.min(self.patience))?;
        Ok(stream)
    }

    /// Sends this request.
    pub(super) fn ask(&self, request: &Request) -> Result<Stream, String> {
        let sent = request.send(&self.address, self.patience);
        let response = sent.map_err(|error| format!("the server does not take a request: {error}"));
        Ok(Stream::new(response?, self.patience))
    }

    /// Publishes an event that must be accepted.
    pub(super) fn publish(&mut self, event: &Published) -> Result<(), String> {
        match self.offer(event)? {
            None => Ok(()),
            Some(why) => Err(format!("it refused to publish {}: {why}", shown(event))),
        }
    }

    /// Publishes an event that may be refused. Returns why it was.
    pub(super) fn offer(&mut self, event: &Published) -> Result<Option<String>, String> {
        self.command(&Command::Publish(event), "publish")
    }

    /// Ends all streams.
    pub(super) fn close(&mut self) -> Result<(), String> {
        match self.command(&Command::Close(true), "close")? {
            None => Ok(()),
            Some(why) => Err(format!("it refused to close: {why}")),
        }
    }

    /// Ends its standard input. Returns whether the program then ends by itself.
    pub(super) fn hang_up(&mut self) -> bool {
        let link = self.link.take();
        link.is_some_and(|link| link.close(self.patience).is_some())
    }

    /// Ends the program, and adds what it wrote to stderr.
    pub(super) fn explain(&mut self, difference: String) -> String {
        match self.link.take() {
            Some(link) => with_stderr(difference, link),
            None => difference,
        }
    }

    fn command(&mut self, command: &Command<'_>, name: &str) -> Result<Option<String>, String> {
        let Some(program) = &mut self.link else {
            return Err("the server was already ended".to_owned());
        };
        let line = program
            .exchange(command, self.patience)
            .map_err(|broken| match broken {
                Broken::TimedOut(limit) => format!("it did not answer `{name}` within {limit:?}"),
                Broken::Exited(_) | Broken::Garbage(_) => format!("at `{name}` it {broken}"),
            })?;
        let answer: Result<Answer, _> = serde_json::from_slice(&line);
        match answer {
            Ok(Answer {
                error: None,
                ok: true,
            }) => Ok(None),
            Ok(Answer {
                error: Some(why), ..
            }) => Ok(Some(why)),
            Ok(Answer {
                error: None,
                ok: false,
            })
            | Err(_) => Err(format!(
                "it answered `{name}` with {}",
                escape::line(line.trim_ascii_end())
            )),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.close(END);
        }
    }
}

/// Starts the program.
pub(super) fn open(command: &str, variables: &[(&str, &str)]) -> io::Result<Link> {
    Link::open_with(command, |shell| {
        shell.envs(VARIABLES).envs(variables.iter().copied());
    })
}

fn start(link: &mut Link) -> Result<(ServerInfo, Address), String> {
    let first = link.receive(START).map_err(|broken| match broken {
        Broken::TimedOut(limit) => format!("it printed no line within {limit:?}"),
        Broken::Exited(_) | Broken::Garbage(_) => format!("it {broken}"),
    })?;
    let info: ServerInfo = serde_json::from_slice(&first)
        .map_err(|error| format!("{error}: {}", escape::line(first.trim_ascii_end())))?;
    let address = Address::parse(&info.url)?;
    Ok((info, address))
}

fn with_stderr(difference: String, link: Link) -> String {
    let stderr = link.end();
    match stderr.trim_end() {
        "" => difference,
        stderr => format!(
            "{difference}; on stderr: {}",
            escape::line(stderr.as_bytes())
        ),
    }
}

/// An event as it was published.
pub(super) fn shown(event: &Published) -> String {
    let quoted = |name: &str, value: &str| format!("{name} {}", escape::quote(value.as_bytes()));
    let members = [
        event
            .event_type
            .as_deref()
            .map(|value| quoted("type", value)),
        event.id.as_deref().map(|value| quoted("id", value)),
        Some(quoted("data", &event.data)),
    ];
    members.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
