//! A server that sends events as fast as they are taken, in writes of about 16 KiB.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
const PATIENCE: Duration = Duration::from_mins(1);
const WRITE: usize = 16 << 10;

pub(crate) fn run(events: usize, bytes: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/", listener.local_addr()?);
    let (mut socket, _) = listener.accept()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut buffer = [0; 1024];
        let read = socket.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&buffer[..read]);
    }
    socket.write_all(HEAD)?;
    let event = format!("data: {}\n\n", "x".repeat(bytes));
    let at_once = (WRITE / event.len()).max(1);
    let several = event.repeat(at_once);
    for _ in 0..events / at_once {
        socket.write_all(several.as_bytes())?;
    }
    socket.write_all(event.repeat(events % at_once).as_bytes())
}
