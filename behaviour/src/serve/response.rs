//! A request, and its response as bytes arrive: the head, and what of the body there is so far.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use httparse::{EMPTY_HEADER, Status};
use socket2::{Domain, Socket, Type};

/// The most headers that a response may have.
const HEADERS: usize = 64;
/// What one read takes.
const READ: usize = 64 * 1024;
/// The receive buffer of a client that does not read.
const SMALL_BUFFER: usize = 4096;

/// Where a server is, as its URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    socket: SocketAddr,
    host: String,
    target: String,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("the URL {url:?} {why}");
        let rest = url.strip_prefix("http://");
        let rest = rest.ok_or_else(|| wrong("does not begin with http://"))?;
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let with_port = match host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => host.to_owned(),
            _ => format!("{host}:80"),
        };
        let found = with_port.to_socket_addrs();
        let found =
            found.map_err(|error| wrong(&format!("has a host that is unknown: {error}")))?;
        let socket = found.into_iter().next();
        Ok(Self {
            socket: socket.ok_or_else(|| wrong("has a host without an address"))?,
            host: host.to_owned(),
            target: match path.strip_prefix('/') {
                Some(_) => path.to_owned(),
                None => format!("/{path}"),
            },
        })
    }
}

/// What a client sends.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    last_event_id: Option<Vec<u8>>,
    query: Option<String>,
    is_slow: bool,
}

impl Request {
    /// With a `Last-Event-ID` (9.2.4).
    pub(super) fn after(id: impl AsRef<[u8]>) -> Self {
        Self {
            last_event_id: Some(id.as_ref().to_owned()),
            ..Self::default()
        }
    }

    /// With a query.
    pub(super) fn query(query: impl Into<String>) -> Self {
        Self {
            query: Some(query.into()),
            ..Self::default()
        }
    }

    /// From a client that has room for little that it does not read.
    pub(super) fn slow() -> Self {
        Self {
            is_slow: true,
            ..Self::default()
        }
    }

    /// Connects, and sends the request.
    pub(super) fn send(&self, address: &Address, patience: Duration) -> io::Result<Response> {
        let socket = Socket::new(Domain::for_address(address.socket), Type::STREAM, None)?;
        if self.is_slow {
            socket.set_recv_buffer_size(SMALL_BUFFER)?;
        }
        socket.connect_timeout(&address.socket.into(), patience)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_write_timeout(Some(patience))?;
        let mut socket: TcpStream = socket.into();
        socket.write_all(&self.to_bytes(address))?;
        Ok(Response {
            socket,
            raw: Vec::new(),
            head: None,
            framing: Framing::UntilClose,
            end: None,
        })
    }

    fn to_bytes(&self, address: &Address) -> Vec<u8> {
        let mut target = address.target.clone();
        if let Some(query) = &self.query {
            target.push(if target.contains('?') { '&' } else { '?' });
            target += query;
        }
        let mut bytes = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n",
            address.host
        )
        .into_bytes();
        if let Some(id) = &self.last_event_id {
            bytes.extend_from_slice(b"Last-Event-ID: ");
            bytes.extend_from_slice(id);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// A response, as far as it has been read.
#[derive(Debug)]
pub(super) struct Response {
    socket: TcpStream,
    /// Read and not decoded yet.
    raw: Vec<u8>,
    head: Option<Head>,
    framing: Framing,
    end: Option<End>,
}

/// The status and the headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
}

/// How a response ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As HTTP says: with the last chunk, the last byte of its length, or, if it has neither, with
    /// the connection.
    Whole,
    /// Before its end.
    Cut(String),
}

/// What came within the time.
#[derive(Debug)]
pub(super) enum Piece {
    Bytes(Vec<u8>),
    Nothing,
    End(End),
}

/// How the body is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    UntilClose,
    Length(u64),
    Chunked(Chunked),
}

/// Where a chunked body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunked {
    Size,
    Data(u64),
    DataEnd,
    Trailers,
}

impl Head {
    /// The values of a header, joined with commas; `None` if it is absent.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let headers = self.headers.iter();
        let values = headers.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

impl Response {
    pub(super) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// How it ended, if that has been read.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Waits for the head. The body stays to be read.
    pub(super) fn await_head(&mut self, until: Instant) {
        while self.head.is_none() && self.end.is_none() && self.fill(until) {
            self.decode_head();
        }
    }

    /// Waits for the next piece of the body.
    pub(super) fn read(&mut self, until: Instant) -> Piece {
        loop {
            if self.head.is_none() {
                self.decode_head();
            }
            let bytes = self.decode_body();
            if !bytes.is_empty() {
                return Piece::Bytes(bytes);
            }
            if let Some(end) = &self.end {
                return Piece::End(end.clone());
            }
            if !self.fill(until) {
                return Piece::Nothing;
            }
        }
    }

    /// Reads once. Returns whether anything is new: bytes, or the end. A server that always sends
    /// does not get more time.
    fn fill(&mut self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = self
            .socket
            .set_read_timeout(Some(left.max(Duration::from_millis(1))));
        let mut buffer = vec![0; READ];
        match timeout.and_then(|()| self.socket.read(&mut buffer)) {
            Ok(0) => self.end = Some(self.end_of_connection()),
            Ok(read) => self.raw.extend_from_slice(&buffer[..read]),
            Err(error) if is_timeout(&error) => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => self.end = Some(End::Cut(error.to_string())),
        }
        true
    }

    fn end_of_connection(&self) -> End {
        let cut = |why: &str| End::Cut(why.to_owned());
        match (&self.head, self.framing) {
            (None, _) => cut("the connection ended before the head of the response"),
            (Some(_), Framing::UntilClose | Framing::Length(0)) => End::Whole,
            (Some(_), Framing::Length(left)) => cut(&format!(
                "the connection ended {left} bytes before the Content-Length"
            )),
            (Some(_), Framing::Chunked(_)) => cut("the connection ended before the last chunk"),
        }
    }

    fn decode_head(&mut self) {
        while self.head.is_none() {
            let mut headers = [EMPTY_HEADER; HEADERS];
            let mut parsed = httparse::Response::new(&mut headers);
            let length = match parsed.parse(&self.raw) {
                Ok(Status::Complete(length)) => length,
                Ok(Status::Partial) => return,
                Err(error) => return self.break_off(&error.to_string()),
            };
            let status = parsed.code.unwrap_or_default();
            // An interim response (RFC 9110, section 15.2).
            if !(100..200).contains(&status) {
                let owned = |header: &httparse::Header<'_>| {
                    let value = String::from_utf8_lossy(header.value).into_owned();
                    (header.name.to_owned(), value)
                };
                let headers = parsed.headers.iter().map(owned).collect();
                let head = Head { status, headers };
                self.framing = framing(&head);
                self.head = Some(head);
            }
            self.raw.drain(..length);
        }
    }

    /// What of the body has arrived.
    fn decode_body(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        if self.head.is_none() {
            return body;
        }
        loop {
            match self.framing {
                Framing::UntilClose => body.append(&mut self.raw),
                Framing::Length(0) => self.end = Some(End::Whole),
                Framing::Length(left) => {
                    self.framing = Framing::Length(left - self.take(left, &mut body));
                }
                Framing::Chunked(at) => match self.decode_chunked(at, &mut body) {
                    Some(next) if next != at => {
                        self.framing = Framing::Chunked(next);
                        continue;
                    }
                    Some(_) | None => {}
                },
            }
            return body;
        }
    }

    /// One step through a chunked body (RFC 9112, section 7.1). `None` at its end.
    fn decode_chunked(&mut self, at: Chunked, body: &mut Vec<u8>) -> Option<Chunked> {
        match at {
            Chunked::Size => match httparse::parse_chunk_size(&self.raw) {
                Ok(Status::Complete((length, size))) => {
                    self.raw.drain(..length);
                    Some(match size {
                        0 => Chunked::Trailers,
                        size => Chunked::Data(size),
                    })
                }
                Ok(Status::Partial) => Some(at),
                Err(_) => {
                    self.break_off("a chunk has no size");
                    None
                }
            },
            Chunked::Data(left) => Some(match left - self.take(left, body) {
                0 => Chunked::DataEnd,
                left => Chunked::Data(left),
            }),
            Chunked::DataEnd if self.raw.starts_with(b"\r\n") => {
                self.raw.drain(..2);
                Some(Chunked::Size)
            }
            Chunked::DataEnd if self.raw.len() < 2 => Some(at),
            Chunked::DataEnd => {
                self.break_off("a chunk is longer than its size");
                None
            }
            Chunked::Trailers => {
                let is_end = self.raw.starts_with(b"\r\n")
                    || self.raw.windows(4).any(|bytes| bytes == b"\r\n\r\n");
                self.end = is_end.then_some(End::Whole);
                Some(at)
            }
        }
    }

    /// Moves up to `most` bytes, and returns how many.
    fn take(&mut self, most: u64, body: &mut Vec<u8>) -> u64 {
        let length = self.raw.len();
        let taken = usize::try_from(most).unwrap_or(length).min(length);
        body.extend(self.raw.drain(..taken));
        taken as u64
    }

    fn break_off(&mut self, why: &str) {
        self.end = Some(End::Cut(format!("the response is not HTTP: {why}")));
    }
}

fn framing(head: &Head) -> Framing {
    let coding = head.header("transfer-encoding").unwrap_or_default();
    let length = head.header("content-length");
    if coding.to_ascii_lowercase().ends_with("chunked") {
        Framing::Chunked(Chunked::Size)
    } else if matches!(head.status, 204 | 304) {
        Framing::Length(0)
    } else {
        let length = length.and_then(|length| length.trim().parse().ok());
        length.map_or(Framing::UntilClose, Framing::Length)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;

    /// Everything that is read of a response that comes in these pieces, and how it ends.
    fn read(pieces: &'static [&str]) -> (u16, String, End) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let _ = socket.read(&mut [0; 1024]).unwrap();
            for piece in pieces {
                socket.write_all(piece.as_bytes()).unwrap();
                thread::sleep(Duration::from_millis(5));
            }
        });
        let patience = Duration::from_secs(10);
        let address = Address::parse(&url).unwrap();
        let mut response = Request::default().send(&address, patience).unwrap();
        let mut body = Vec::new();
        let end = loop {
            match response.read(Instant::now() + patience) {
                Piece::Bytes(bytes) => body.extend(bytes),
                Piece::End(end) => break end,
                Piece::Nothing => panic!("nothing came"),
            }
        };
        server.join().unwrap();
        let status = response.head().map_or(0, |head| head.status);
        (status, String::from_utf8(body).unwrap(), end)
    }

    #[test]
    fn a_body_ends_as_its_head_says() {
        for (pieces, status, body, is_whole) in [
            (&["HTTP/1.1 200 OK\r\n\r\nab", "c"][..], 200, "abc", true),
            (
                &["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "cd"],
                200,
                "abc",
                true,
            ),
            (
                &["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"],
                200,
                "ab",
                false,
            ),
            (&["HTTP/1.1 204 No Content\r\n\r\n"], 204, "", true),
            (
                &["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2", "00 OK\r\n\r\na"],
                200,
                "a",
                true,
            ),
            (&["HTTP/1.1 20"], 0, "", false),
            (&["no HTTP\r\n\r\n"], 0, "", false),
        ] {
            let (seen, text, end) = read(pieces);
            assert_eq!(
                (seen, &*text, end == End::Whole),
                (status, body, is_whole),
                "{end:?}"
            );
        }
    }

    #[test]
    fn chunks_are_read_however_they_are_cut() {
        const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (pieces, body, is_whole) in [
            (
                &[HEAD, "2\r\nab\r\n", "1;x=y\r\nc\r\n0\r\n\r\n"][..],
                "abc",
                true,
            ),
            (
                &[HEAD, "2", "\r\na", "b\r", "\n0\r\nTrailer: x\r\n", "\r\n"],
                "ab",
                true,
            ),
            (&[HEAD, "2\r\nab\r\n"], "ab", false),
            (&[HEAD, "3\r\nab"], "ab", false),
            (&[HEAD, "1\r\nab\r\n"], "a", false),
            (&[HEAD, "x\r\n"], "", false),
        ] {
            let (_, text, end) = read(pieces);
            assert_eq!(
                (&*text, end == End::Whole),
                (body, is_whole),
                "{pieces:?}: {end:?}"
            );
        }
    }

    #[test]
    fn a_url_is_split_and_a_query_is_added() {
        let line = |url: &str| {
            let bytes = Request::query("a=b").to_bytes(&Address::parse(url).unwrap());
            let text = String::from_utf8(bytes).unwrap();
            text.lines().take(2).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            line("http://127.0.0.1:81/x"),
            "GET /x?a=b HTTP/1.1, Host: 127.0.0.1:81"
        );
        assert_eq!(
            line("http://127.0.0.1/?x"),
            "GET /?x&a=b HTTP/1.1, Host: 127.0.0.1"
        );
        assert_eq!(
            line("http://127.0.0.1:81"),
            "GET /?a=b HTTP/1.1, Host: 127.0.0.1:81"
        );
        assert!(Address::parse("https://127.0.0.1/").is_err());
    }
}
