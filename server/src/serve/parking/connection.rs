//! One parked connection, from the head of its response to its end.

use std::future::Future;
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use std::{mem, thread};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::batch::{Batch, Piece, Rest};
use super::driver::Tools;
use super::input::Unread;
use super::wake::KeyWaker;
use super::{Chunks, Parked};
use crate::serve::current::{self, Connection as _};
use crate::serve::limits::Permit;

/// How many writes a connection may make before the next one's turn.
const WRITES: usize = 16;

pub(crate) struct Connection {
    socket: TcpStream,
    waker: Arc<KeyWaker>,
    body: Body,
    /// What a write left unsent.
    rest: Option<Box<Rest>>,
    /// Runs while the client takes nothing, or does not close the connection.
    time_limit: Option<Pin<Box<Sleep>>>,
    unread: Unread,
    _permit: Permit,
}

enum Body {
    Open(Pin<Box<dyn Chunks>>),
    /// All that there is of it is in the rest, or was sent.
    Complete,
    /// The connection is shut down for writing. If a socket is closed with bytes unread, the client
    /// may lose what was written to it. So the client closes first.
    ShutDown,
}

enum End {
    /// The client has gone, or has everything.
    Over,
    /// It took too long.
    TooSlow,
}

enum Wrote {
    /// Something; there may be more.
    Some,
    /// Everything; the body wakes this connection when it has more.
    All,
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
            time_limit: None,
            unread: Unread::default(),
            _permit: parked.permit,
        }
    }

    /// Goes as far as it can. Ready when the connection is over. If the application panics, only
    /// this connection is lost.
    pub(crate) fn poll(&mut self, tools: &mut Tools) -> Poll<()> {
        let done = catch_unwind(AssertUnwindSafe(|| self.poll_end(tools)));
        let closed = match done {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(End::TooSlow)) => self.cut_off(),
            Ok(Poll::Ready(End::Over)) => self.close(),
            Err(panic) => {
                tools.batch.clear();
                self.close().and(Err(panic))
            }
        };
        if closed.is_err() {
            tools.counts.panics.add_one();
        }
        Poll::Ready(())
    }

    /// Drops the body because its time is over.
    pub(crate) fn cut_off(&mut self) -> thread::Result<()> {
        if self.rest.is_some() {
            self.waker.is_closing();
        }
        self.close()
    }

    /// A body is the application's, so it may panic when it is dropped, too.
    fn close(&mut self) -> thread::Result<()> {
        let body = mem::replace(&mut self.body, Body::ShutDown);
        current::within(Arc::clone(&self.waker) as _, || {
            catch_unwind(AssertUnwindSafe(|| drop(body)))
        })
    }

    fn poll_end(&mut self, tools: &mut Tools) -> Poll<End> {
        self.waker.reset();
        if self.waker.is_cut_off() {
            return Poll::Ready(End::TooSlow);
        }
        let waker = Waker::from(Arc::clone(&self.waker));
        let cx = &mut Context::from_waker(&waker);
        if self.poll_over(cx, tools).is_ready() {
            return Poll::Ready(End::Over);
        }
        match &mut self.time_limit {
            Some(limit) => limit.as_mut().poll(cx).map(|()| End::TooSlow),
            None => Poll::Pending,
        }
    }

    fn poll_over(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Poll<()> {
        let gone = self
            .unread
            .poll_gone(&self.socket, cx, &mut tools.input_buffer);
        if gone.is_ready() {
            return Poll::Ready(());
        }
        for _ in 0..WRITES {
            match self.write(cx, tools) {
                Wrote::Some => self.time_limit = None,
                Wrote::All => {
                    self.time_limit = None;
                    return Poll::Pending;
                }
                Wrote::Idle => return self.poll_shut_down(cx, tools),
                Wrote::Nothing => {
                    self.limit_time(tools.patience.stalled_after);
                    return Poll::Pending;
                }
                Wrote::Failed => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn limit_time(&mut self, limit: Duration) {
        self.time_limit
            .get_or_insert_with(|| Box::pin(sleep(limit)));
    }

    fn write(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Wrote {
        let batch = &mut tools.batch;
        let filled = match self.rest.take() {
            Some(rest) => {
                batch.resume(*rest);
                Poll::Ready(())
            }
            None => current::within(Arc::clone(&self.waker) as _, || self.body.fill(batch, cx)),
        };
        if batch.is_empty() {
            return Wrote::Idle;
        }
        tools.counts.writes.add_one();
        let wrote = batch.write(|slices| try_write(&self.socket, slices));
        self.rest = batch.settle(*wrote.as_ref().unwrap_or(&0)).map(Box::new);
        match wrote {
            Err(_) => Wrote::Failed,
            Ok(0) => wait_for_room(&self.socket, cx),
            // The body is not asked again, because that takes the lock of its hub.
            Ok(_) if filled.is_pending() && self.rest.is_none() => Wrote::All,
            Ok(_) => Wrote::Some,
        }
    }

    /// There is nothing to write.
    fn poll_shut_down(&mut self, cx: &mut Context<'_>, tools: &Tools) -> Poll<()> {
        match self.body {
            Body::Open(_) | Body::ShutDown => Poll::Pending,
            Body::Complete => {
                let shut = ready!(Pin::new(&mut self.socket).poll_shutdown(cx));
                self.body = Body::ShutDown;
                self.limit_time(tools.patience.close_within);
                shut.map_or(Poll::Ready(()), |()| Poll::Pending)
            }
        }
    }
}

impl Body {
    /// Takes what is ready, as far as there is room. Pending if the body has nothing more now.
    fn fill(&mut self, batch: &mut Batch, cx: &mut Context<'_>) -> Poll<()> {
        let Self::Open(body) = self else {
            return Poll::Ready(());
        };
        while batch.has_room() {
            match body.as_mut().poll_chunk(cx) {
                Poll::Pending => return Poll::Pending,
                // An empty chunk would end the body. Something may follow it, but not for ever in
                // one turn.
                Poll::Ready(Some(Ok(data))) if data.is_empty() => {
                    cx.waker().wake_by_ref();
                    return Poll::Ready(());
                }
                Poll::Ready(Some(Ok(data))) => batch.push(Piece::chunk(data)),
                Poll::Ready(Some(Err(()))) => {
                    // The last chunk is missing, so the client sees that the response is not complete.
                    *self = Self::Complete;
                    return Poll::Ready(());
                }
                Poll::Ready(None) => {
                    batch.push(Piece::raw(Bytes::from_static(b"0\r\n\r\n")));
                    *self = Self::Complete;
                    return Poll::Ready(());
                }
            }
        }
        Poll::Ready(())
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
