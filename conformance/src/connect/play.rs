//! Plays one response of a scenario on a connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use esse_vectors::connect::{End, Framing, Piece, Response};
use socket2::SockRef;

use super::record::Record;

const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
/// How long to wait for the client to close its side, so that it is not reset while it reads.
const LINGER: Duration = Duration::from_secs(1);

/// The addresses of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origins {
    pub(super) main: SocketAddr,
    pub(super) other: SocketAddr,
}

/// Sends the response to the request of this index, and does what follows it. Bytes between two
/// pauses are sent together.
pub(super) fn play(
    mut socket: TcpStream,
    response: Option<&Response>,
    origins: &Origins,
    record: &Record,
    index: usize,
) -> io::Result<()> {
    let Some(response) = response else {
        record.response_ends(index);
        socket.write_all(NO_CONTENT)?;
        return end(&socket, record);
    };
    let mut bytes = head(response, origins);
    for piece in &response.pieces {
        match piece {
            Piece::Bytes(piece) => push(&mut bytes, piece, response.framing),
            Piece::Pause(time) => {
                socket.write_all(&bytes)?;
                bytes.clear();
                if !record.pause(*time) {
                    return Ok(());
                }
            }
        }
    }
    let has_last_chunk = response.framing == Framing::Chunked && response.end == End::Clean;
    if has_last_chunk {
        bytes.extend(b"0\r\n\r\n");
    }
    // A client may begin to wait as soon as it has the last bytes, so this comes before them.
    record.response_ends(index);
    socket.write_all(&bytes)?;
    match response.end {
        End::Clean | End::Cut => end(&socket, record),
        End::Reset => SockRef::from(&socket).set_linger(Some(Duration::ZERO)),
        End::Silence => {
            if is_ended_by_client(&socket, record)? {
                record.hung_up(index);
            }
            Ok(())
        }
    }
}

fn head(response: &Response, origins: &Origins) -> Vec<u8> {
    let Some(status_line) = &response.status_line else {
        return Vec::new();
    };
    let mut lines = vec![status_line.clone(), "Connection: close".to_owned()];
    let headers = response.headers.iter();
    lines.extend(headers.map(|(name, value)| format!("{name}: {}", filled_in(value, origins))));
    match response.framing {
        Framing::Close => {}
        Framing::Chunked => lines.push("Transfer-Encoding: chunked".to_owned()),
        Framing::Length => lines.push(format!("Content-Length: {}", length(response))),
    }
    format!("{}{}\r\n\r\n", response.before, lines.join("\r\n")).into_bytes()
}

/// The length that is announced: more than there is if the body is to be cut off.
fn length(response: &Response) -> usize {
    let lengths = response.pieces.iter().map(|piece| match piece {
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Pause(_) => 0,
    });
    lengths.sum::<usize>() + usize::from(response.end == End::Cut)
}

fn filled_in(value: &str, origins: &Origins) -> String {
    let value = value
        .replace("{origin}", &format!("http://{}", origins.main))
        .replace("{other}", &format!("http://{}", origins.other));
    let date = value
        .strip_prefix("{now+")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|seconds| seconds.parse().ok())
        .map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
    date.map_or(value, httpdate::fmt_http_date)
}

fn push(bytes: &mut Vec<u8>, piece: &[u8], framing: Framing) {
    if framing == Framing::Chunked {
        bytes.extend(format!("{:x}\r\n", piece.len()).bytes());
        bytes.extend(piece);
        bytes.extend(b"\r\n");
    } else {
        bytes.extend(piece);
    }
}

fn end(socket: &TcpStream, record: &Record) -> io::Result<()> {
    socket.shutdown(Shutdown::Write)?;
    socket.set_read_timeout(Some(LINGER))?;
    is_ended_by_client(socket, record).map(|_| ())
}

/// Waits until the client ends the connection, and returns whether it did so before the scenario
/// was over.
fn is_ended_by_client(mut socket: &TcpStream, record: &Record) -> io::Result<bool> {
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    loop {
        match socket.read(&mut [0; 1024]) {
            Ok(1..) => {}
            Err(error) if is_timeout(&error) => {}
            Ok(0) | Err(_) => return Ok(!record.is_over()),
        }
        if record.is_over() {
            return Ok(false);
        }
    }
}

/// What systems call a read that took too long.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(json: &str) -> Response {
        serde_json::from_str(json).unwrap()
    }

    fn origins() -> Origins {
        let main = "127.0.0.1:1".parse().unwrap();
        let other = "127.0.0.1:2".parse().unwrap();
        Origins { main, other }
    }

    #[test]
    fn the_head_says_what_the_framing_needs() {
        for (json, expected) in [
            (
                r#"{"statusLine": "HTTP/1.0 200 OK", "headers": [["A", "{origin}/x"], ["B", "{other}"]], "before": "b"}"#,
                "bHTTP/1.0 200 OK\r\nConnection: close\r\nA: http://127.0.0.1:1/x\r\nB: http://127.0.0.1:2\r\n\r\n",
            ),
            (
                r#"{"statusLine": "S", "framing": "chunked"}"#,
                "S\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                r#"{"statusLine": "S", "framing": "length", "pieces": ["ab", {"pauseMs": 1}, "c"]}"#,
                "S\r\nConnection: close\r\nContent-Length: 3\r\n\r\n",
            ),
            (
                r#"{"statusLine": "S", "framing": "length", "pieces": ["ab"], "end": "cut"}"#,
                "S\r\nConnection: close\r\nContent-Length: 3\r\n\r\n",
            ),
            (r#"{"pieces": ["raw"]}"#, ""),
        ] {
            let head = head(&response(json), &origins());
            assert_eq!(String::from_utf8(head).unwrap(), expected);
        }
    }

    #[test]
    fn a_date_is_in_the_form_of_http() {
        let date = filled_in("{now+3}", &origins());
        let date = httpdate::parse_http_date(&date).unwrap();
        let left = date.duration_since(SystemTime::now()).unwrap();
        assert!(left > Duration::from_secs(1), "{left:?}");
    }
}
