//! One parked connection, from the head of its response to its end.

use std::future::Future;
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
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
use crate::serve::current::{self, CutOff as _};
use crate::serve::limits::Permit;

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

/// What a connection does after its turn.
pub(crate) enum Turn {
    /// Nothing, until it is woken.
    Waits,
    /// It has written once, and has more.
    Unfinished,
    /// It ends: the client has gone, or has everything.
    Over,
    /// It ends: the client took too long.
    TooSlow,
}

enum Wrote {
    /// Something; there is more.
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

    /// Writes at most once, so that a connection with little to send never waits for all that
    /// another one has. If the application panics, only this connection is lost.
    pub(crate) fn take_turn(&mut self, tools: &mut Tools) -> Turn {
        let turn = catch_unwind(AssertUnwindSafe(|| self.poll(tools)));
        let closed = match turn {
            Ok(turn @ (Turn::Waits | Turn::Unfinished)) => return turn,
            Ok(Turn::TooSlow) => self.cut_off(),
            Ok(Turn::Over) => self.close(),
            Err(panic) => {
                tools.batch.clear();
                self.close().and(Err(panic))
            }
        };
        if closed.is_err() {
            tools.counts.panics.add_one();
        }
        Turn::Over
    }

    /// Drops the body because its time is over.
    pub(crate) fn cut_off(&mut self) -> thread::Result<()> {
        if self.rest.is_some() {
            self.waker.set_cut_off();
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

    fn poll(&mut self, tools: &mut Tools) -> Turn {
        self.waker.reset();
        if self.waker.is_cut_off() {
            return Turn::TooSlow;
        }
        let waker = Waker::from(Arc::clone(&self.waker));
        let cx = &mut Context::from_waker(&waker);
        let turn = self.go_on(cx, tools);
        if let (Turn::Waits, Some(limit)) = (&turn, &mut self.time_limit) {
            if limit.as_mut().poll(cx).is_ready() {
                return Turn::TooSlow;
            }
        }
        turn
    }

    fn go_on(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Turn {
        let gone = self
            .unread
            .poll_gone(&self.socket, cx, &mut tools.input_buffer);
        if gone.is_ready() {
            return Turn::Over;
        }
        match self.write(cx, tools) {
            Wrote::Some => {
                self.time_limit = None;
                if self.waker.set() {
                    Turn::Unfinished
                } else {
                    Turn::Waits
                }
            }
            Wrote::All => {
                self.time_limit = None;
                Turn::Waits
            }
            Wrote::Idle => self.shut_down(cx, tools),
            Wrote::Nothing => {
                self.limit_time(tools.patience.stalled_after);
                Turn::Waits
            }
            Wrote::Failed => Turn::Over,
        }
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
        self.waker.set_had_much(batch.is_large());
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
    fn shut_down(&mut self, cx: &mut Context<'_>, tools: &Tools) -> Turn {
        match self.body {
            Body::Open(_) | Body::ShutDown => Turn::Waits,
            Body::Complete => match Pin::new(&mut self.socket).poll_shutdown(cx) {
                Poll::Pending => Turn::Waits,
                Poll::Ready(Err(_)) => Turn::Over,
                Poll::Ready(Ok(())) => {
                    self.body = Body::ShutDown;
                    self.limit_time(tools.patience.close_within);
                    Turn::Waits
                }
            },
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
