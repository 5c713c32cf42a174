//! What clients send after the head. Nobody needs it, but its end shows that a client has gone.

use std::io::ErrorKind;
use std::task::{Context, Poll, ready};

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
        while self.0 <= LIMIT {
            if ready!(socket.poll_read_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            match socket.try_read(buffer) {
                Ok(read @ 1..) => self.0 += read,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Ok(0) | Err(_) => return Poll::Ready(()),
            }
        }
        Poll::Ready(())
    }
}
