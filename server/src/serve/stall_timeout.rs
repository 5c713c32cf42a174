//! `StallTimeout`: a connection that fails if its client takes nothing for too long.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A connection that fails with [`ErrorKind::TimedOut`] if its client takes nothing for too long while
/// there is something to send. [`serve`](crate::serve()) has it built in; this is for other servers.
///
/// The task that writes must poll the connection again when it is woken, as hyper does while it has
/// something to write.
///
/// # Panics
/// When it is written to outside a tokio runtime with time enabled, and the client does not take all.
///
/// With `axum::serve` it is what a listener accepts:
///
/// ```
/// use std::io;
/// use std::net::SocketAddr;
/// use std::time::Duration;
///
/// use axum::serve::Listener;
/// use esse_server::serve::StallTimeout;
/// use tokio::net::{TcpListener, TcpStream};
///
/// struct Patient(TcpListener);
///
/// impl Listener for Patient {
///     type Io = StallTimeout<TcpStream>;
///     type Addr = SocketAddr;
///
///     async fn accept(&mut self) -> (Self::Io, SocketAddr) {
///         let (socket, peer) = Listener::accept(&mut self.0).await;
///         (StallTimeout::new(socket, Duration::from_secs(30)), peer)
///     }
///
///     fn local_addr(&self) -> io::Result<SocketAddr> {
///         self.0.local_addr()
///     }
/// }
/// ```
#[derive(Debug)]
pub struct StallTimeout<I> {
    io: I,
    limit: Duration,
    /// Runs while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<I> StallTimeout<I> {
    /// `limit` is how long the client may take nothing at all.
    pub const fn new(io: I, limit: Duration) -> Self {
        Self {
            io,
            limit,
            waiting: None,
        }
    }

    /// Returns the connection.
    pub fn into_inner(self) -> I {
        self.io
    }
}

impl<I: AsyncWrite + Unpin> StallTimeout<I> {
    fn or_time_out(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        waiting
            .as_mut()
            .poll(cx)
            .map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for StallTimeout<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.or_time_out(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.or_time_out(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for StallTimeout<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing() {
        let (server, _client) = duplex(4);
        let mut server = StallTimeout::new(server, LIMIT);
        let start = Instant::now();
        let error = server.write_all(b"12345").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_slow_but_takes_something() {
        let (server, mut client) = duplex(4);
        let mut server = StallTimeout::new(server, LIMIT);
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            while let Ok(byte) = client.read_u8().await {
                read.push(byte);
                sleep(LIMIT / 2).await;
            }
            read
        });
        server.write_all(b"0123456789").await.unwrap();
        let start = Instant::now();
        // Nothing is to be written, so nothing stalls.
        sleep(2 * LIMIT).await;
        server.write_all(b"x").await.unwrap();
        assert!(start.elapsed() < 3 * LIMIT);
        drop(server);
        assert_eq!(reading.await.unwrap(), b"0123456789x");
    }
}
