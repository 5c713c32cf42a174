//! A connection that is a subscriber.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::context::ServeContext;
use super::farewell::Farewell;
use super::framing::{Content, Framing, Rest};
use super::input::Unread;
use crate::subscriber::Subscriber;

/// How many writes a connection may make before the next one's turn.
const WRITES: usize = 16;

#[derive(Debug)]
pub(crate) struct Stream {
    subscriber: Subscriber,
    framing: Framing,
    /// What a write left unsent.
    rest: Option<Rest>,
    /// The subscriber has ended. Only the end of the body is left.
    over: bool,
    /// Set while the client takes nothing.
    stalls_at: Option<Instant>,
    unread: Unread,
}

enum Wrote {
    /// Everything that was ready.
    Everything,
    /// Some of it.
    Some,
    /// Nothing; the socket wakes this connection when it has room.
    Nothing,
    /// Nothing was ready.
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
            unread: Unread::default(),
        }
    }

    /// Ready when the connection is over, or goes on as a farewell.
    pub(crate) fn poll(
        &mut self,
        socket: &TcpStream,
        cx: &mut Context<'_>,
        context: &mut ServeContext,
    ) -> Poll<Option<Farewell>> {
        let gone = self.unread.poll_gone(socket, cx, &mut context.buffer);
        if gone.is_ready() {
            return Poll::Ready(None);
        }
        for _ in 0..WRITES {
            match self.write(socket, cx, context) {
                Wrote::Everything | Wrote::Some => self.stalls_at = None,
                Wrote::Idle => return Poll::Pending,
                Wrote::Nothing => {
                    let limit = context.settings.stalled_after;
                    self.stalls_at.get_or_insert_with(|| Instant::now() + limit);
                    return Poll::Pending;
                }
                Wrote::End => return Poll::Ready(Some(Farewell::after_stream(context))),
                Wrote::Failed => return Poll::Ready(None),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.stalls_at
    }

    /// Counts this subscriber as stalled.
    pub(crate) fn stalled(&mut self) {
        self.subscriber.stalled();
    }

    fn write(
        &mut self,
        socket: &TcpStream,
        cx: &mut Context<'_>,
        context: &mut ServeContext,
    ) -> Wrote {
        let batch = &mut context.batch;
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
        context.counts.writes.add_one();
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

    /// What goes out next: the rest of a write, a frame, or the end of the body.
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

    /// Marks the body as complete.
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
