//! The end of a connection: a few last bytes, and then the client closes.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::Response;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::answer;
use super::context::ServeContext;
use super::input::Unread;

/// Writes what is left, shuts the connection down for writing, and waits until the client closes
/// it. If a socket is closed with bytes unread, the client may lose what was written to it.
#[derive(Debug)]
pub(crate) struct Farewell {
    rest: Bytes,
    until: Instant,
    has_ended: bool,
    unread: Unread,
}

impl Farewell {
    /// Sends a response that is not a stream.
    pub(crate) fn with(response: &Response<Bytes>, to_head: bool, context: &ServeContext) -> Self {
        Self::new(answer::whole(response, to_head).into(), context)
    }

    pub(crate) fn after_stream(context: &ServeContext) -> Self {
        Self::new(Bytes::new(), context)
    }

    pub(crate) fn new(rest: Bytes, context: &ServeContext) -> Self {
        Self {
            rest,
            until: Instant::now() + context.settings.close_within,
            has_ended: false,
            unread: Unread::default(),
        }
    }

    /// Ready when the connection is over.
    pub(crate) fn poll(
        &mut self,
        socket: &mut TcpStream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<()> {
        if self.poll_end(socket, cx) == Poll::Ready(Err(())) {
            return Poll::Ready(());
        }
        self.unread.poll_gone(socket, cx, buffer)
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.until
    }

    fn poll_end(&mut self, socket: &mut TcpStream, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let mut socket = Pin::new(socket);
        while !self.rest.is_empty() {
            match socket.as_mut().poll_write(cx, &self.rest) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_) | Ok(0)) => return Poll::Ready(Err(())),
                Poll::Ready(Ok(written)) => self.rest.advance(written),
            }
        }
        if !self.has_ended {
            self.has_ended = true;
            return socket.poll_shutdown(cx).map_err(|_| ());
        }
        Poll::Ready(Ok(()))
    }
}
