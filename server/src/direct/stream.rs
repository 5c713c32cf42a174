//! A connection that is a subscriber.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::connection::{Common, Turn};
use super::farewell::Farewell;
use super::framing::{Content, Framing, Rest};
use super::input::Unasked;
use crate::subscriber::Subscriber;

/// How many writes a connection has before it is the next one's turn.
const WRITES: usize = 16;

#[derive(Debug)]
pub(crate) struct Stream {
    subscriber: Subscriber,
    framing: Framing,
    /// What a write was stopped in.
    rest: Option<Rest>,
    /// The subscriber has ended; what is left is the end of the body.
    over: bool,
    /// There while the receiver takes nothing.
    stalls_at: Option<Instant>,
    unasked: Unasked,
}

enum Wrote {
    /// All that there was.
    Everything,
    /// Some of it.
    Some,
    /// Nothing, and the socket will say when it takes more.
    Nothing,
    /// There is nothing to write.
    Idle,
    /// The body has ended.
    End,
    Failed,
}

impl Stream {
    /// `head` is what goes out before the first frame.
    pub(crate) fn new(subscriber: Subscriber, framing: Framing, head: Vec<u8>) -> Self {
        Self {
            subscriber,
            framing,
            rest: Some(Content::Raw(Bytes::from(head)).into()),
            over: false,
            stalls_at: None,
            unasked: Unasked::default(),
        }
    }

    pub(crate) fn poll(
        &mut self,
        socket: &TcpStream,
        cx: &mut Context<'_>,
        common: &mut Common,
    ) -> Turn {
        let gone = self.unasked.poll_gone(socket, cx, &mut common.buffer);
        if gone.is_ready() {
            return Turn::Gone;
        }
        for _ in 0..WRITES {
            match self.write(socket, cx, common) {
                Wrote::Everything | Wrote::Some => self.stalls_at = None,
                Wrote::Idle => return Turn::Wait,
                Wrote::Nothing => {
                    let limit = common.settings.stalled_after;
                    self.stalls_at.get_or_insert_with(|| Instant::now() + limit);
                    return Turn::Wait;
                }
                Wrote::End => return Turn::Become(Farewell::after_stream(common).into()),
                Wrote::Failed => return Turn::Gone,
            }
        }
        cx.waker().wake_by_ref();
        Turn::Wait
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.stalls_at
    }

    /// Has it counted as one that takes nothing.
    pub(crate) fn stalled(&mut self) {
        self.subscriber.stalled();
    }

    fn write(&mut self, socket: &TcpStream, cx: &mut Context<'_>, common: &mut Common) -> Wrote {
        let batch = &mut common.batch;
        let rest = match self.next(cx) {
            Poll::Pending => return Wrote::Idle,
            Poll::Ready(None) => return Wrote::End,
            Poll::Ready(Some(rest)) => rest,
        };
        batch.push(rest, self.framing, None);
        while !self.over && batch.has_room() {
            let Some((frame, position)) = self.subscriber.more() else {
                break;
            };
            let frame = Content::Frame(frame).into();
            batch.push(frame, self.framing, Some(position));
        }
        common.meter.counts().writes.add_one();
        let wrote = batch.write(|slices| try_write(socket, slices));
        let (rest, unsent) = batch.settle(*wrote.as_ref().unwrap_or(&0));
        let complete = rest.is_none() && unsent.is_empty();
        self.rest = rest;
        self.subscriber.give_back(unsent);
        match wrote {
            Err(_) => Wrote::Failed,
            Ok(_) if complete => Wrote::Everything,
            Ok(0) => wait_for_room(socket, cx),
            Ok(_) => Wrote::Some,
        }
    }

    /// What goes out next: the rest of what was begun, a frame, the end of the body.
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Rest>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Some(rest));
        }
        if self.over {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.subscriber).poll_next(cx).map(|frame| {
            let content = frame.map(Content::Frame).or_else(|| self.end());
            content.map(Rest::from)
        })
    }

    /// What says that the body is complete.
    fn end(&mut self) -> Option<Content> {
        self.over = true;
        let last_chunk = Bytes::from_static(b"0\r\n\r\n");
        (self.framing == Framing::Chunked).then_some(Content::Raw(last_chunk))
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
