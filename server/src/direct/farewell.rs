//! A connection that gets no more than a few last bytes.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::Response;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::answer;
use super::connection::{Common, Turn};
use super::input::Unasked;

/// Writes what is left, says that this was all, and waits for the receiver to close: a socket that
/// is closed with bytes unread takes back what was written to it.
#[derive(Debug)]
pub(crate) struct Farewell {
    rest: Bytes,
    until: Instant,
    has_ended: bool,
    unasked: Unasked,
}

impl Farewell {
    /// For a response that is no stream.
    pub(crate) fn with(response: &Response<Bytes>, to_head: bool, common: &Common) -> Self {
        Self::new(answer::whole(response, to_head).into(), common)
    }

    pub(crate) fn after_stream(common: &Common) -> Self {
        Self::new(Bytes::new(), common)
    }

    pub(crate) fn new(rest: Bytes, common: &Common) -> Self {
        Self {
            rest,
            until: Instant::now() + common.settings.close_within,
            has_ended: false,
            unasked: Unasked::default(),
        }
    }

    pub(crate) fn poll(
        &mut self,
        socket: &mut TcpStream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Turn {
        if self.poll_end(socket, cx) == Poll::Ready(Err(())) {
            return Turn::Gone;
        }
        match self.unasked.poll_gone(socket, cx, buffer) {
            Poll::Ready(()) => Turn::Gone,
            Poll::Pending => Turn::Wait,
        }
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
