//! As much of HTTP/1.1 as one page of our own needs: a request in, a response out, one to a
//! connection. Libraries refuse control characters in a `Last-Event-ID`, and a browser sends them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// The longest request head (bytes): a last event ID of 1 MiB comes back in it.
const LONGEST_HEAD: u64 = 4 << 20;
/// The longest body (bytes): what a page saw of a batch.
const LONGEST_BODY: u64 = 512 << 20;

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// The target, such as `/stream/7`.
    pub(crate) target: String,
    /// The value of `Last-Event-ID`, which need not be ASCII.
    pub(super) last_event_id: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

/// Reads one request; none if the client went away or sent something else.
pub(crate) fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = (&mut reader).take(LONGEST_HEAD);
    let mut request = Request {
        target: target(&line(&mut head)?)?,
        ..Request::default()
    };
    let mut length = 0;
    loop {
        let line = line(&mut head)?;
        if line.is_empty() {
            break;
        }
        if let Some(value) = value(&line, b"last-event-id") {
            request.last_event_id = Some(value.to_vec());
        }
        if let Some(value) = value(&line, b"content-length") {
            length = std::str::from_utf8(value).ok()?.parse().ok()?;
        }
    }
    let read = reader.take(length.min(LONGEST_BODY));
    (io::copy(&mut { read }, &mut request.body).ok()? == length).then_some(request)
}

fn line(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok()?;
    line.strip_suffix(b"\r\n").map(<[u8]>::to_vec)
}

fn target(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    line.split(' ').nth(1).map(str::to_owned)
}

/// The value of a header line of this name (lower case).
fn value<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (found, value) = line.split_at(colon);
    found
        .eq_ignore_ascii_case(name)
        .then(|| value[1..].trim_ascii())
}

/// Answers with a whole body.
pub(crate) fn answer(mut stream: &TcpStream, media_type: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let fields = format!("Content-Type: {media_type}\r\nContent-Length: {length}\r\n");
    stream.write_all(&[head("200 OK", &fields).as_bytes(), body].concat())
}

/// Answers with a status and nothing else.
pub(crate) fn refuse(mut stream: &TcpStream, status: &str) -> io::Result<()> {
    stream.write_all(head(status, "Content-Length: 0\r\n").as_bytes())
}

/// The head of an event stream whose body comes in chunks.
pub(super) fn event_stream_head() -> String {
    let fields = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n";
    head("200 OK", fields)
}

/// A chunk of a chunked body. It must not be empty: the empty one ends the body.
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", bytes.len());
    [size.as_bytes(), bytes, b"\r\n"].concat()
}

/// What ends a chunked body.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The head of a response, with these header fields.
pub(crate) fn head(status: &str, fields: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nCache-Control: no-store\r\n{fields}\r\n")
}
