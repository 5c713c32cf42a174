//! What all clients send, and how they begin to read.

use std::fmt::Write;
use std::io::{self, Read};

use socket2::SockRef;

/// Small buffers, and segments as on Ethernet, so that the kernel holds kilobytes for a stalled
/// socket and not megabytes.
const STALLED_BUFFER: usize = 4096;
const STALLED_SEGMENT: u32 = 1460;

/// The request for an event stream.
pub(crate) fn request(topics: Option<&str>, last_event_id: Option<&str>) -> String {
    let mut request = "GET /events".to_owned();
    if let Some(topics) = topics {
        let _ = write!(request, "?topics={topics}");
    }
    request += " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
        Cache-Control: no-cache\r\nUser-Agent: load\r\n";
    if let Some(id) = last_event_id {
        let _ = write!(request, "Last-Event-ID: {id}\r\n");
    }
    request + "\r\n"
}

/// For a socket that will not be read. Call it before the socket is connected.
pub(crate) fn shrink(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_recv_buffer_size(STALLED_BUFFER)?;
    socket.set_tcp_mss(STALLED_SEGMENT)
}

/// Reads up to the blank line. Returns what came with it of the body.
pub(crate) fn read_head(socket: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    let end = loop {
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match socket.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => head.extend_from_slice(&buffer[..length]),
        }
    };
    if head.starts_with(b"HTTP/1.1 200 ") {
        return Ok(head.split_off(end));
    }
    Err(io::Error::other(
        String::from_utf8_lossy(&head).into_owned(),
    ))
}

/// The name of a topic: short, so that a request can name thousands.
pub(crate) fn topic(number: usize) -> String {
    format!("{number:03x}")
}
