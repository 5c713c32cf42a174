//! Hands out a chunk, then nothing until all that came of it was taken: an event that is only
//! given with the next chunk is late.

use std::{
    convert::Infallible,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_io::{AsyncBufRead, AsyncRead};

/// The chunks as a `Stream` or a reader.
#[derive(Clone)]
pub struct Feed {
    chunks: Arc<[Bytes]>,
    released: Arc<AtomicUsize>,
    taken: usize,
    at: usize,
}

impl Feed {
    pub fn new(chunks: Vec<Bytes>) -> Self {
        Self { chunks: chunks.into(), released: Arc::default(), taken: 0, at: 0 }
    }

    /// The chunk that was handed out last; their number, after the end.
    pub fn now(&self) -> usize {
        self.released.load(Relaxed).saturating_sub(1)
    }

    fn release(&self) -> bool {
        self.released.fetch_add(1, Relaxed) <= self.chunks.len()
    }

    fn take(&mut self) -> Poll<Option<Bytes>> {
        if self.taken >= self.released.load(Relaxed) {
            return Poll::Pending;
        }
        let chunk = self.chunks.get(self.taken).cloned();
        self.taken += usize::from(chunk.is_some());
        Poll::Ready(chunk)
    }
}

/// Takes all that a stream over the feed gives, and tells after which chunk.
pub fn drive<S: Stream>(
    feed: &Feed,
    stream: S,
    mut take: impl FnMut(S::Item, usize) -> Result<(), String>,
) -> Result<(), String> {
    let mut stream = pin!(stream);
    loop {
        match stream.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(item)) => take(item, feed.now())?,
            Poll::Ready(None) => return Ok(()),
            Poll::Pending if feed.release() => {}
            Poll::Pending => return Err("waits after the end of the stream".into()),
        }
    }
}

impl Stream for Feed {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().take().map(|chunk| chunk.map(Ok))
    }
}

impl AsyncBufRead for Feed {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.taken < this.chunks.len() && this.at == this.chunks[this.taken].len() {
            (this.taken, this.at) = (this.taken + 1, 0); // an empty read would be the end
        }
        if this.taken >= this.released.load(Relaxed) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(this.chunks.get(this.taken).map_or(&[], |chunk| &chunk[this.at..])))
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.get_mut().at += count;
    }
}

impl AsyncRead for Feed {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = match self.as_mut().poll_fill_buf(context) {
            Poll::Ready(Ok(mut bytes)) => io::Read::read(&mut bytes, to)?,
            _ => return Poll::Pending,
        };
        self.consume(read);
        Poll::Ready(Ok(read))
    }
}
