//! A server with an event every now and then, which is sound but for what a test changes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::get::request;

/// No test listens longer than this.
const LENGTH: Duration = Duration::from_secs(8);

pub(super) struct Deployment {
    pub(super) version: &'static str,
    pub(super) status: &'static str,
    pub(super) headers: Vec<&'static str>,
    pub(super) before_the_head: Duration,
    /// From one event to the next. No event comes if it is long.
    pub(super) interval: Duration,
    /// Sent at once after the head.
    pub(super) start: &'static [u8],
    /// The event with this number.
    pub(super) event: fn(usize) -> Vec<u8>,
    /// Bytes are sent when there are this many.
    pub(super) buffer: usize,
    pub(super) gzip: Gzip,
    /// What is sent at once, for this `Last-Event-ID` and this newest event. Without it, 404.
    pub(super) replay: fn(Option<&str>, usize) -> Option<Vec<usize>>,
    /// The stream ends after as many events.
    pub(super) end: Option<(usize, End)>,
    /// The response to OPTIONS.
    pub(super) preflight: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gzip {
    Never,
    /// Flushed after each event.
    Always,
    /// If the request accepts it, and never flushed.
    Held,
}

#[derive(Clone, Copy)]
pub(super) enum End {
    Clean,
    InsideAnEvent,
    Cut,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            version: "HTTP/1.1",
            status: "200 OK",
            headers: vec!["Content-Type: text/event-stream", "Cache-Control: no-store"],
            before_the_head: Duration::ZERO,
            interval: Duration::from_millis(250),
            start: b": welcome\n\n",
            event: |number| format!("id: {number}\ndata: event {number}\n\n").into(),
            buffer: 0,
            gzip: Gzip::Never,
            replay: exactly,
            end: None,
            preflight: "405 Method Not Allowed\r\nContent-Length: 0",
        }
    }
}

/// What a client with this ID has missed; nothing for an ID that is not known.
#[allow(clippy::unnecessary_wraps, reason = "another server refuses")]
pub(super) fn exactly(id: Option<&str>, newest: usize) -> Option<Vec<usize>> {
    Some(number(id).map_or(vec![], |id| (id + 1..=newest).collect()))
}

pub(super) fn number(id: Option<&str>) -> Option<usize> {
    id?.parse().ok()
}

impl Deployment {
    /// Starts it, and returns its URL.
    pub(super) fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        // It has a history.
        let began = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        let this = Arc::new(self);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let this = Arc::clone(&this);
                // A client that goes away ends its own thread alone.
                thread::spawn(move || this.answer(socket.unwrap(), began).is_ok());
            }
        });
        url
    }

    fn answer(&self, mut socket: TcpStream, began: Instant) -> std::io::Result<()> {
        socket.set_nodelay(true)?;
        let request = request(&mut socket);
        if request.starts_with("options") {
            return write!(socket, "{} {}\r\n\r\n", self.version, self.preflight);
        }
        let newest = Self::elapsed(began, self.interval);
        let Some(replayed) = (self.replay)(header(&request, "last-event-id"), newest) else {
            return write!(
                socket,
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            );
        };
        thread::sleep(self.before_the_head);
        let mut output = self.head(socket, &request)?;
        output.write_all(self.start)?;
        output.flush()?;
        for number in replayed {
            output.write_all(&(self.event)(number))?;
        }
        output.flush()?;
        self.events(output, began)
    }

    fn elapsed(began: Instant, interval: Duration) -> usize {
        usize::try_from(began.elapsed().as_nanos() / interval.as_nanos()).unwrap()
    }

    fn head(&self, mut socket: TcpStream, request: &str) -> std::io::Result<Output> {
        let mut head = format!("{} {}\r\n", self.version, self.status);
        for header in &self.headers {
            head = head + header + "\r\n";
        }
        let accepts =
            header(request, "accept-encoding").is_some_and(|value| value.contains("gzip"));
        let is_gzip = self.gzip == Gzip::Always || self.gzip == Gzip::Held && accepts;
        if is_gzip {
            head += "Content-Encoding: gzip\r\n";
        }
        let has_length = head.contains("Content-Length");
        let is_chunked = self.version == "HTTP/1.1" && !has_length;
        if is_chunked {
            head += "Transfer-Encoding: chunked\r\n";
        }
        socket.write_all((head + "\r\n").as_bytes())?;
        let wire = Wire { socket, is_chunked };
        Ok(if is_gzip {
            let holds = self.gzip == Gzip::Held;
            Output::Gzip(GzEncoder::new(wire, Compression::fast()), holds)
        } else {
            Output::Plain(wire, Vec::new(), self.buffer)
        })
    }

    fn events(&self, mut output: Output, began: Instant) -> std::io::Result<()> {
        let opened = Instant::now();
        let mut number = Self::elapsed(began, self.interval);
        let mut sent = 0;
        while opened.elapsed() < LENGTH {
            if let Some((_, end)) = self.end.filter(|(after, _)| *after == sent) {
                return output.end(end);
            }
            number += 1;
            let at = began + self.interval * u32::try_from(number).unwrap();
            thread::sleep(at.saturating_duration_since(Instant::now()));
            output.write_all(&(self.event)(number))?;
            output.flush()?;
            sent += 1;
        }
        Ok(())
    }
}

/// The value of a header of the request.
fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let mut fields = request.lines().filter_map(|line| line.split_once(": "));
    let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(field.1)
}

enum Output {
    /// With what is not yet sent, and how much of it is sent at once.
    Plain(Wire, Vec<u8>, usize),
    /// Whether it is never flushed.
    Gzip(GzEncoder<Wire>, bool),
}

impl Output {
    fn end(mut self, end: End) -> std::io::Result<()> {
        if let End::InsideAnEvent = end {
            self.write_all(b"data: half")?;
            self.flush()?;
        }
        match (self, end) {
            (_, End::Cut) => Ok(()),
            (Self::Plain(wire, ..), _) => wire.end(),
            (Self::Gzip(encoder, _), _) => encoder.finish()?.end(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(_, waiting, _) => waiting.write(bytes),
            Self::Gzip(encoder, _) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(wire, waiting, 0) => {
                wire.write_all(waiting)?;
                waiting.clear();
                Ok(())
            }
            Self::Plain(wire, waiting, buffer) => {
                while waiting.len() >= *buffer {
                    let full: Vec<_> = waiting.drain(..*buffer).collect();
                    wire.write_all(&full)?;
                }
                Ok(())
            }
            Self::Gzip(_, true) => Ok(()),
            Self::Gzip(encoder, false) => encoder.flush(),
        }
    }
}

struct Wire {
    socket: TcpStream,
    is_chunked: bool,
}

impl Wire {
    fn end(mut self) -> std::io::Result<()> {
        if self.is_chunked {
            self.socket.write_all(b"0\r\n\r\n")?;
        }
        self.socket.shutdown(std::net::Shutdown::Write)?;
        // Until the client has closed its side, so that nothing is reset.
        self.socket.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.is_chunked && !bytes.is_empty() {
            let size = format!("{:x}\r\n", bytes.len());
            self.socket
                .write_all(&[size.as_bytes(), bytes, b"\r\n"].concat())?;
        } else {
            self.socket.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.socket.flush()
    }
}
