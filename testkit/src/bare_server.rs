//! A server for tests of what runs checks against servers.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// Serves as long as the process lives: the head of an event stream without a `Cache-Control`, and no
/// event. Returns the command of a program in front of it, named `bare`, that takes every event and has
/// the option `ids`. So the check `head/status` passes, `head/no-store` fails, and `keep-alive/bytes`
/// is not asked.
///
/// # Errors
/// If there is no port to listen on.
pub fn bare_server() -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(&stream));
        }
    });
    Ok(format!(
        "echo '{{\"url\":\"http://{address}/\",\"name\":\"bare\",\"version\":\"2\",\"options\":[\"ids\"]}}'; \
         while read -r _; do echo '{{\"ok\":true}}'; done"
    ))
}

/// Until the client closes the connection.
fn serve(mut stream: &TcpStream) {
    for line in BufReader::new(stream).lines() {
        if line.is_ok_and(|line| line.is_empty()) {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
            // This fails if the client is gone. Then no further line comes.
            let _ = stream.write_all(head.as_bytes());
        }
    }
}
