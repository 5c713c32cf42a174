//! What clients send after the head. Nobody needs it, but its end shows that a client has gone.

use std::io::ErrorKind;
use std::task::{Context, Poll};

use tokio::net::TcpStream;

/// A client that sends more than this is disconnected.
const LIMIT: usize = 64 * 1024;

/// Counts the bytes that were thrown away.
#[derive(Debug, Default)]
pub(crate) struct Unread(usize);

impl Unread {
    /// Throws away what has arrived. Ready if the client has gone or has sent too much.
    pub(crate) fn poll_gone(
        &mut self,
        socket: &TcpStream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<()> {
        loop {
            match poll_read(socket, cx, buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Ready(Some(read)) => self.0 += read,
            }
            if self.0 > LIMIT {
                return Poll::Ready(());
            }
        }
    }
}

/// Reads once; `None` at the end of the input.
pub(crate) fn poll_read(
    socket: &TcpStream,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<Option<usize>> {
    loop {
        match socket.poll_read_ready(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(_)) => return Poll::Ready(None),
            Poll::Ready(Ok(())) => {}
        }
        match socket.try_read(buffer) {
            Ok(0) => return Poll::Ready(None),
            Ok(read) => return Poll::Ready(Some(read)),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => return Poll::Ready(None),
        }
    }
}
