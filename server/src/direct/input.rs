//! What receivers send after the head: nothing that is asked for, but it tells who has gone.

use std::io::ErrorKind;
use std::task::{Context, Poll};

use tokio::net::TcpStream;

/// Who sends more than that is cut off.
const UNASKED: usize = 64 * 1024;

/// Bytes thrown away.
#[derive(Debug, Default)]
pub(crate) struct Unasked(usize);

impl Unasked {
    /// Throws away what has come. Ready once the receiver has gone, or sends too much.
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
            if self.0 > UNASKED {
                return Poll::Ready(());
            }
        }
    }
}

/// Reads once; `None` where nothing can come any more.
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
