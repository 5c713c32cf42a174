//! Plays one response of a scenario on a connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use esse_vectors::connect::{End, Response};
use socket2::SockRef;

use super::record::Record;
use super::steps::{Step, steps};

const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
/// How long to wait for the client to close its side, so that it is not reset while it reads.
const LINGER: Duration = Duration::from_secs(1);

/// The addresses of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origins {
    pub(super) main: SocketAddr,
    pub(super) other: SocketAddr,
}

/// Sends the response to the request of this index, and does what follows it.
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
    let steps = steps(response, &|_, value| filled_in(value, origins));
    let last = steps.len() - 1;
    for (at, step) in steps.iter().enumerate() {
        // A client may begin to wait as soon as it has the last bytes, so this comes before them.
        if at == last {
            record.response_ends(index);
        }
        match step {
            Step::Send(bytes) => socket.write_all(bytes)?,
            Step::Pause(time) => {
                if !record.pause(*time) {
                    return Ok(());
                }
            }
        }
    }
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

    fn origins() -> Origins {
        let main = "127.0.0.1:1".parse().unwrap();
        let other = "127.0.0.1:2".parse().unwrap();
        Origins { main, other }
    }

    #[test]
    fn a_value_may_name_both_origins() {
        let filled = filled_in("{origin}/x {other}", &origins());
        assert_eq!(filled, "http://127.0.0.1:1/x http://127.0.0.1:2");
    }

    #[test]
    fn a_date_is_in_the_form_of_http() {
        let date = filled_in("{now+3}", &origins());
        let date = httpdate::parse_http_date(&date).unwrap();
        let left = date.duration_since(SystemTime::now()).unwrap();
        assert!(left > Duration::from_secs(1), "{left:?}");
    }
}
