//! The writing half of a connection that hyper serves, and how it ends.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::net::tcp::OwnedWriteHalf;

use super::current::Task;
use super::limits::Permit;

/// What is known of the responses of a connection.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    /// The end of the connection is the end of the response (RFC 9112, section 6.3).
    end_with_connection: AtomicBool,
    are_complete: AtomicBool,
}

impl Responses {
    pub(crate) fn set_end_with_connection(&self) {
        self.end_with_connection.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_complete(&self) {
        self.are_complete.store(true, Ordering::Relaxed);
    }

    /// Whether the end of the connection would make a part of a response look like all of it.
    fn break_off(&self) -> bool {
        self.end_with_connection.load(Ordering::Relaxed)
            && !self.are_complete.load(Ordering::Relaxed)
    }
}

/// Resets the connection if a response breaks off, and the client could not see that otherwise. The
/// connection counts as open until this is dropped: after an upgrade the application has it.
#[derive(Debug)]
pub(crate) struct Output {
    /// `None` while it is dropped.
    half: Option<OwnedWriteHalf>,
    responses: Arc<Responses>,
    connection: Arc<Task>,
    _permit: Permit,
}

impl Output {
    pub(crate) fn new(
        half: OwnedWriteHalf,
        responses: Arc<Responses>,
        connection: Arc<Task>,
        permit: Permit,
    ) -> Self {
        Self {
            half: Some(half),
            responses,
            connection,
            _permit: permit,
        }
    }

    fn half(&mut self) -> io::Result<Pin<&mut OwnedWriteHalf>> {
        let half = self.half.as_mut().map(Pin::new);
        half.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.responses.break_off() {
            return;
        }
        if let Some(half) = self.half.take() {
            // With no time to linger, closing it sends RST. Dropping the half would send FIN first.
            #[allow(
                deprecated,
                reason = "`set_zero_linger` is newer than the tokio we need"
            )]
            let _ = half.as_ref().set_linger(Some(Duration::ZERO));
            half.forget();
        }
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = self.half()?.poll_write(cx, bytes);
        self.connection.writes.set_blocked(polled.is_pending());
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = self.half()?.poll_write_vectored(cx, slices);
        self.connection.writes.set_blocked(polled.is_pending());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half()?.poll_shutdown(cx)
    }
}
