//! One parked connection, from the head of its response to its end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::batch::{Batch, Piece, Rest};
use super::driver::Tools;
use super::input::Unread;
use super::timers::Armed;
use super::wake::KeyWaker;
use super::{Chunks, Parked};
use crate::serve::limits::Permit;
use crate::serve::stalled::drop_stalled;

/// How many writes a connection may make before the next one's turn.
const WRITES: usize = 16;

pub(crate) struct Connection {
    socket: TcpStream,
    waker: Arc<KeyWaker>,
    body: Body,
    /// What a write left unsent.
    rest: Option<Box<Rest>>,
    /// Set while the client takes nothing, or does not close the connection.
    ends_at: Option<Instant>,
    unread: Unread,
    pub(crate) armed: Armed,
    _permit: Permit,
}

enum Body {
    Open(Pin<Box<dyn Chunks>>),
    /// All of it is in the rest, or was sent.
    Complete,
    /// It failed, so the client must see that the end is missing.
    Broken,
    /// The connection is shut down for writing. If a socket is closed with bytes unread, the client
    /// may lose what was written to it. So the client closes first.
    ShutDown,
}

enum Wrote {
    /// Something, or everything that was ready.
    Some,
    /// Nothing; the socket wakes this connection when it has room.
    Nothing,
    /// Nothing was ready.
    Idle,
    Failed,
}

impl Connection {
    pub(crate) fn new(parked: Parked, waker: Arc<KeyWaker>) -> Self {
        Self {
            socket: parked.socket,
            waker,
            body: parked.body.map_or(Body::Complete, Body::Open),
            rest: Some(Box::new(Piece::raw(parked.head).into())),
            ends_at: None,
            unread: Unread::default(),
            armed: Armed::default(),
            _permit: parked.permit,
        }
    }

    /// Goes as far as it can. Ready when the connection is over.
    pub(crate) fn poll(&mut self, tools: &mut Tools) -> Poll<()> {
        self.waker.reset();
        let waker = Waker::from(Arc::clone(&self.waker));
        let cx = &mut Context::from_waker(&waker);
        let gone = self
            .unread
            .poll_gone(&self.socket, cx, &mut tools.input_buffer);
        if gone.is_ready() {
            return Poll::Ready(());
        }
        for _ in 0..WRITES {
            match self.write(cx, tools) {
                Wrote::Some => self.ends_at = None,
                Wrote::Idle => return self.poll_end(cx, tools),
                Wrote::Nothing => {
                    let limit = tools.patience.stalled_after;
                    self.ends_at.get_or_insert_with(|| Instant::now() + limit);
                    return Poll::Pending;
                }
                Wrote::Failed => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.ends_at
    }

    /// Drops the connection because its time is over.
    pub(crate) fn cut_off(self) {
        if self.rest.is_some() {
            drop_stalled(self.body);
        }
    }

    fn write(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Wrote {
        let batch = &mut tools.batch;
        match self.rest.take() {
            Some(rest) => batch.resume(*rest),
            None => self.body.fill(batch, cx),
        }
        if batch.is_empty() {
            return Wrote::Idle;
        }
        tools.counts.writes.add_one();
        let wrote = batch.write(|slices| try_write(&self.socket, slices));
        self.rest = batch.settle(*wrote.as_ref().unwrap_or(&0)).map(Box::new);
        match wrote {
            Err(_) => Wrote::Failed,
            Ok(0) => wait_for_room(&self.socket, cx),
            Ok(_) => Wrote::Some,
        }
    }

    /// There is nothing to write.
    fn poll_end(&mut self, cx: &mut Context<'_>, tools: &Tools) -> Poll<()> {
        match self.body {
            Body::Open(_) | Body::ShutDown => Poll::Pending,
            Body::Broken => Poll::Ready(()),
            Body::Complete => {
                let shut = ready!(Pin::new(&mut self.socket).poll_shutdown(cx));
                self.body = Body::ShutDown;
                self.ends_at = Some(Instant::now() + tools.patience.close_within);
                shut.map_or(Poll::Ready(()), |()| Poll::Pending)
            }
        }
    }
}

impl Body {
    /// Takes what is ready, as far as there is room.
    fn fill(&mut self, batch: &mut Batch, cx: &mut Context<'_>) {
        let Self::Open(body) = self else { return };
        while batch.has_room() {
            match body.as_mut().poll_chunk(cx) {
                Poll::Pending => return,
                // An empty chunk would end the body. Something may follow it, but not for ever in
                // one turn.
                Poll::Ready(Some(Ok(data))) if data.is_empty() => {
                    cx.waker().wake_by_ref();
                    return;
                }
                Poll::Ready(Some(Ok(data))) => batch.push(Piece::chunk(data)),
                Poll::Ready(Some(Err(()))) => {
                    *self = Self::Broken;
                    return;
                }
                Poll::Ready(None) => {
                    batch.push(Piece::raw(Bytes::from_static(b"0\r\n\r\n")));
                    *self = Self::Complete;
                    return;
                }
            }
        }
    }
}

fn try_write(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [one] => socket.try_write(one),
        several => socket.try_write_vectored(several),
    }
}

fn wait_for_room(socket: &TcpStream, cx: &mut Context<'_>) -> Wrote {
    match socket.poll_write_ready(cx) {
        Poll::Pending => Wrote::Nothing,
        Poll::Ready(Ok(())) => Wrote::Some,
        Poll::Ready(Err(_)) => Wrote::Failed,
    }
}
