//! One connection: reads the request, and writes events until the end.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::encode::encode;
use crate::fault::Fault;
use crate::history::{History, Published};

const NOTICE: &[u8] = b"event: missed\ndata: {}\n\n";
/// How long some faults take over what they do.
const A_WHILE: Duration = Duration::from_millis(30);

pub(crate) fn accept(listener: &TcpListener, history: &Arc<History>) {
    for socket in listener.incoming().flatten() {
        let history = Arc::clone(history);
        thread::spawn(move || {
            let served = Connection::new(&history, socket).serve();
            if served.is_err() && history.fault == Fault::EndsWithTheFirst {
                history.close();
            }
        });
    }
}

struct Connection<'h> {
    history: &'h History,
    socket: TcpStream,
    /// Which connection this is, from 1.
    number: usize,
    /// Encoded and not written yet.
    held: Vec<u8>,
    keep_alives: usize,
    /// Whether there was an event.
    has_written: bool,
}

/// Where a client begins.
struct Start {
    at: usize,
    is_gap: bool,
    status: &'static str,
}

impl<'h> Connection<'h> {
    fn new(history: &'h History, socket: TcpStream) -> Self {
        let mut state = history.lock();
        state.opened += 1;
        Self {
            history,
            socket,
            number: state.opened,
            held: Vec::new(),
            keep_alives: 0,
            has_written: false,
        }
    }

    fn serve(&mut self) -> io::Result<()> {
        let fault = self.history.fault;
        self.socket.set_nodelay(true)?;
        let (target, id) = self.read_request()?;
        if fault == Fault::CountsNoDepartures && self.number > 50 {
            return Ok(());
        }
        let mut start = self.start(&target, id.as_deref());
        let head = head(fault, start.status);
        if fault == Fault::LateHead {
            drop(self.history.wait(start.at, None));
        }
        self.socket.write_all(head.as_bytes())?;
        if start.status != "200 OK" {
            return Ok(());
        }
        if start.is_gap || fault == Fault::AlwaysAnnounces && id.is_some() {
            self.write(NOTICE)?;
        }
        let mut replayed_to = self.history.lock().events.len();
        if fault == Fault::LosesWhileReplaying && id.is_some() {
            self.replay(&mut start.at, replayed_to)?;
            thread::sleep(A_WHILE);
            start.at = self.history.lock().events.len();
        } else if fault == Fault::DoublesWhileReplaying && id.is_some() {
            let live_from = replayed_to;
            thread::sleep(A_WHILE);
            replayed_to = self.history.lock().events.len();
            self.replay(&mut start.at, replayed_to)?;
            start.at = live_from;
        }
        self.stream(start.at, replayed_to)
    }

    /// The target, and the value of `Last-Event-ID`, of the request.
    fn read_request(&mut self) -> io::Result<(String, Option<Vec<u8>>)> {
        let (mut request, mut byte) = (Vec::new(), [0]);
        while !request.ends_with(b"\r\n\r\n") {
            self.socket.read_exact(&mut byte)?;
            request.extend(byte);
        }
        let target = String::from_utf8_lossy(&request);
        let target = target.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut lines = request.split(|byte| *byte == b'\n');
        let id = lines.find_map(|line| line.strip_prefix(b"Last-Event-ID: "));
        Ok((target, id.map(|id| id.trim_ascii_end().to_owned())))
    }

    /// Where this client begins, after the header or the query.
    fn start(&self, target: &str, header: Option<&[u8]>) -> Start {
        let fault = self.history.fault;
        let mut state = self.history.lock();
        let end = state.events.len();
        let at = |at| Start {
            at,
            is_gap: false,
            status: "200 OK",
        };
        let in_query = target
            .split_once("lastEventId=")
            .map(|(_, id)| id.as_bytes());
        let in_query = in_query.filter(|_| fault != Fault::IgnoresQuery);
        let Some(id) = header.or(in_query) else {
            return at(match fault {
                Fault::ReplaysToNewClients => 0,
                _ => end,
            });
        };
        let id = match (fault, std::str::from_utf8(id)) {
            (Fault::DiesOfBadIds, Err(_)) => exit(1),
            (Fault::ReadsLatin1, _) => id.iter().copied().map(char::from).collect(),
            (Fault::DecodesPercent, Ok(id)) => id.replace("%20", " "),
            (_, Ok(id)) => id.to_owned(),
            (_, Err(_)) => String::new(),
        };
        if fault == Fault::DiesOfLongIds && id.len() > 1000 {
            exit(1);
        }
        let is_it = |event: &Published| event.id.as_ref() == Some(&id);
        let Some(known) = state.events.iter().rposition(is_it) else {
            let mut start = at(end);
            start.is_gap = fault != Fault::UnknownIsSilent;
            match fault {
                Fault::UnknownIsNotFound => start.status = "404 Not Found",
                Fault::UnknownGetsNothing => start.at = usize::MAX,
                Fault::UnknownGetsEverything => (start.at, start.is_gap) = (0, false),
                _ => {}
            }
            return start;
        };
        let oldest = end.saturating_sub(self.history.kept);
        let mut start = at((known + 1).max(oldest));
        start.is_gap = start.at > known + 1 && fault != Fault::SilentGap;
        let has_replayed = std::mem::replace(&mut state.has_replayed, true);
        match fault {
            Fault::NoReplay => start.at = end,
            Fault::ReplaysOnce if has_replayed => start.at = end,
            Fault::Inclusive => start.at = known,
            Fault::LosesOne => start.at = (start.at + 1).min(end),
            Fault::LosesTheFirst if known == 0 => start.at = end,
            Fault::ReplaysFew => start.at = start.at.max(end.saturating_sub(100)),
            _ => {}
        }
        start
    }

    fn replay(&mut self, at: &mut usize, to: usize) -> io::Result<()> {
        let events = self.history.lock().events.clone();
        while *at < to {
            let before = at.checked_sub(1).map(|before| &events[before]);
            self.write(&encode(&events[*at], before, self.history.fault))?;
            *at += 1;
        }
        Ok(())
    }

    /// Writes events from here on until the end.
    fn stream(&mut self, mut at: usize, replayed_to: usize) -> io::Result<()> {
        let fault = self.history.fault;
        loop {
            let mut state = self.history.wait(at, self.keep_alive());
            let Some(event) = state.events.get(at).cloned() else {
                let is_closed = state.is_closed && fault != Fault::NeverEnds;
                drop(state);
                if is_closed {
                    return self.end();
                }
                self.keep_alives += 1;
                match fault {
                    Fault::KeepAliveIsAnEvent => self.write(b"data: ping\n\n")?,
                    _ => self.write(b":\n")?,
                }
                if fault == Fault::NeverEnds {
                    thread::sleep(A_WHILE);
                }
                continue;
            };
            let before = at.checked_sub(1).map(|before| state.events[before].clone());
            let is_behind = state.events.len() - at;
            state.writing += 1;
            drop(state);
            let written = self.event(at, replayed_to, &event, before.as_ref(), is_behind);
            self.history.lock().writing -= 1;
            written?;
            at += 1;
        }
    }

    fn keep_alive(&self) -> Option<Duration> {
        let has_none = match self.history.fault {
            Fault::NoKeepAlive => true,
            Fault::OneKeepAlive => self.keep_alives > 0,
            Fault::KeepAliveForOne => self.number > 1,
            Fault::KeepAliveUntilAnEvent => self.has_written,
            _ => false,
        };
        self.history.keep_alive.filter(|_| !has_none)
    }

    fn event(
        &mut self,
        at: usize,
        replayed_to: usize,
        event: &Published,
        before: Option<&Published>,
        is_behind: usize,
    ) -> io::Result<()> {
        let fault = self.history.fault;
        let is_replayed = at < replayed_to;
        let is_left_out = match fault {
            Fault::DropsLarge => event.data.len() > 500_000,
            Fault::DropsInBursts => event.data == "500",
            Fault::FirstStreamAlone => self.number > 1,
            Fault::HoleInHistory => is_replayed && at % 2 == 0,
            Fault::DropsForTheSlow => is_behind > 10 && event.data.len() > 1000,
            _ => false,
        };
        if is_left_out {
            return Ok(());
        }
        if fault == Fault::ForgetsTheSlow && is_behind > 10 && event.data.len() > 1000 {
            thread::park();
        }
        let event = match fault {
            Fault::ReplaysDataAlone if is_replayed => Published {
                event_type: None,
                ..event.clone()
            },
            _ => event.clone(),
        };
        let bytes = encode(&event, before, fault);
        self.has_written = true;
        match fault {
            Fault::HoldsFourKib => {
                self.held.extend(bytes);
                if self.held.len() < 4096 {
                    return Ok(());
                }
                let held = std::mem::take(&mut self.held);
                self.write(&held)
            }
            Fault::HoldsOne => {
                let held = std::mem::replace(&mut self.held, bytes);
                self.write(&held)
            }
            Fault::DropsTheLast if self.is_closed_soon() => Ok(()),
            Fault::CutsTheLast => {
                let (start, rest) = bytes.split_at(bytes.len() / 2);
                self.write(start)?;
                if self.is_closed_soon() {
                    return Ok(());
                }
                self.write(rest)
            }
            Fault::LocksWhileItWrites if bytes.len() > 1 << 20 => {
                let _locked = self.history.lock();
                // A panic poisons the lock, as an error of a client does in some servers.
                write_chunk(&mut self.socket, &bytes).unwrap();
                Ok(())
            }
            _ => self.write(&bytes),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self.history.fault {
            Fault::NoLastChunk | Fault::ContentLength => Ok(()),
            _ => self.socket.write_all(b"0\r\n\r\n"),
        }
    }

    /// Waits until the server is closed, but not for ever.
    fn is_closed_soon(&self) -> bool {
        (0..100).any(|_| {
            thread::sleep(A_WHILE);
            self.history.lock().is_closed
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.history.fault {
            Fault::ContentLength => self.socket.write_all(bytes),
            _ => write_chunk(&mut self.socket, bytes),
        }
    }
}

fn write_chunk(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    socket.write_all(&chunk)
}

fn head(fault: Fault, status: &str) -> String {
    let status = match fault {
        Fault::Status201 => "201 Created",
        _ => status,
    };
    let content_type = match fault {
        Fault::PlainText => "text/plain",
        Fault::Latin1 => "text/event-stream; charset=iso-8859-1",
        _ => "text/event-stream",
    };
    let cache_control = match fault {
        Fault::Cacheable => "max-age=60",
        _ => "no-store",
    };
    let framing = match fault {
        Fault::ContentLength => "Content-Length: 1000000",
        _ => "Transfer-Encoding: chunked",
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nCache-Control: {cache_control}\r\n{framing}\r\n\r\n"
    )
}
