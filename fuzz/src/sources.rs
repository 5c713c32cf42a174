//! One scripted source, as everything that an adapter reads from.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame};
use tokio::io::{AsyncRead, ReadBuf};

use crate::input::Step;

/// Follows the steps, then ends.
#[derive(Debug)]
pub(crate) struct Source<'c> {
    steps: VecDeque<Step<'c>>,
    /// A body ends in trailers, which are not part of the stream.
    trailers: bool,
}

impl<'c> Source<'c> {
    pub(crate) fn new(steps: &[Step<'c>]) -> Self {
        Self {
            steps: steps.iter().copied().collect(),
            trailers: true,
        }
    }

    /// For readers, whose empty chunk is the end of the stream.
    pub(crate) fn without_empty(steps: &[Step<'c>]) -> Self {
        let mut source = Self::new(steps);
        source.steps.retain(|step| *step != Step::Chunk(b""));
        source
    }

    fn next(&mut self) -> Poll<Option<io::Result<&'c [u8]>>> {
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Chunk(chunk)) => Poll::Ready(Some(Ok(chunk))),
            Some(Step::Pending) => Poll::Pending,
            // An error that passes, so that a reader goes on.
            Some(Step::Fails) => Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into()))),
        }
    }

    /// Copies as much of the next chunk as there is room for.
    fn next_into(&mut self, room: usize, put: impl FnOnce(&[u8])) -> Poll<io::Result<usize>> {
        self.next().map(|next| {
            let chunk = next.transpose()?.unwrap_or_default();
            let (now, later) = chunk.split_at(chunk.len().min(room));
            if !later.is_empty() {
                self.steps.push_front(Step::Chunk(later));
            }
            put(now);
            Ok(now.len())
        })
    }
}

impl<'c> Stream for Source<'c> {
    type Item = io::Result<&'c [u8]>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.next()
    }
}

impl Body for Source<'_> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.next().map(|next| match next {
            Some(chunk) => Some(chunk.map(|chunk| Frame::data(Bytes::copy_from_slice(chunk)))),
            None => std::mem::take(&mut self.trailers)
                .then(|| Ok(Frame::trailers(http::HeaderMap::new()))),
        })
    }
}

impl AsyncRead for Source<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        let read = self.next_into(room, |chunk| buffer.put_slice(chunk));
        read.map_ok(|_| ())
    }
}

impl Read for Source<'_> {
    /// A pause is an interrupted call, which readers repeat.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.next_into(buffer.len(), |chunk| {
            buffer[..chunk.len()].copy_from_slice(chunk);
        }) {
            Poll::Ready(read) => read,
            Poll::Pending => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}
