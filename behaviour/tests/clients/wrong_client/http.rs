//! Just enough of HTTP/1.1: one request on a connection, and its response.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

/// Writes a request.
pub(crate) fn send(
    mut socket: &TcpStream,
    method: &str,
    path: &str,
    headers: &[(String, Vec<u8>)],
    body: Option<&str>,
) -> io::Result<()> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(name.bytes().chain(*b": "));
        bytes.extend(value);
        bytes.extend(b"\r\n");
    }
    if let Some(body) = body {
        bytes.extend(format!("Content-Length: {}\r\n\r\n{body}", body.len()).bytes());
    } else {
        bytes.extend(b"\r\n");
    }
    socket.write_all(&bytes)
}

/// A response whose body is still to be read.
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    source: BufReader<TcpStream>,
    framing: Framing,
}

/// How the end of the body is marked (RFC 9112, 6.3).
enum Framing {
    Close,
    Length(usize),
    /// The rest of the current chunk.
    Chunked(usize),
    /// The body has ended.
    Ended,
}

impl Response {
    /// Reads the head, after those of interim responses unless they are taken for it.
    pub(crate) fn read(socket: TcpStream, takes_interim: bool) -> io::Result<Self> {
        let mut source = BufReader::new(socket);
        loop {
            let first = line(&mut source)?;
            let status = first
                .strip_prefix("HTTP/1.")
                .and_then(|rest| rest.get(2..5));
            let status = status.and_then(|digits| digits.parse().ok());
            let status: u16 = status.ok_or(ErrorKind::InvalidData)?;
            let mut headers = Vec::new();
            loop {
                let line = line(&mut source)?;
                if line.is_empty() {
                    break;
                }
                let (name, value) = line.split_once(':').ok_or(ErrorKind::InvalidData)?;
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            if takes_interim || !(100..200).contains(&status) {
                let mut response = Self {
                    status,
                    headers,
                    source,
                    framing: Framing::Close,
                };
                response.framing = response.framing();
                return Ok(response);
            }
        }
    }

    fn framing(&self) -> Framing {
        if self.values("transfer-encoding").next().is_some() {
            return Framing::Chunked(0);
        }
        let length = self.values("content-length").next();
        let length = length.and_then(|length| length.parse().ok());
        length.map_or(Framing::Close, Framing::Length)
    }

    pub(crate) fn values<'r>(&'r self, name: &'r str) -> impl DoubleEndedIterator<Item = &'r str> {
        let headers = self.headers.iter().filter(move |(other, _)| other == name);
        headers.map(|(_, value)| value.as_str())
    }

    /// The next bytes of the body; none at its end.
    pub(crate) fn read_body(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Framing::Chunked(0) = self.framing {
            let size = line(&mut self.source)?;
            let size = usize::from_str_radix(&size, 16).map_err(|_| ErrorKind::InvalidData)?;
            self.framing = match size {
                0 => Framing::Ended,
                size => Framing::Chunked(size),
            };
        }
        let most = match self.framing {
            Framing::Close => buffer.len(),
            Framing::Length(left) | Framing::Chunked(left) => left.min(buffer.len()),
            Framing::Ended => 0,
        };
        if most == 0 {
            return Ok(0);
        }
        let read = self.source.read(&mut buffer[..most])?;
        match &mut self.framing {
            Framing::Close | Framing::Ended => {}
            Framing::Length(_) | Framing::Chunked(_) if read == 0 => {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            Framing::Length(left) => *left -= read,
            Framing::Chunked(left) => {
                *left -= read;
                if *left == 0 {
                    line(&mut self.source)?;
                }
            }
        }
        Ok(read)
    }
}

/// A line without its end.
fn line(source: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    source.read_line(&mut line)?;
    let line = line.strip_suffix('\n').ok_or(ErrorKind::UnexpectedEof)?;
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
