//! [`EventBody`]: one event as the body of a response. Feature `body`.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::error::Error;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::block::Block;
use crate::frame::Frame;
use crate::open_event::OpenEvent;

/// Shorter parts are copied together, because each part that is sent costs about as much. Lines of
/// 4 KiB from a file take twice the CPU of the whole server if they are not copied.
const SHARED_FROM: usize = 16 * 1024;

impl Block<'_> {
    /// One event with the fields of this block, as the body of a response, whose data is everything
    /// that `source` yields. Needs the feature `body`.
    ///
    /// The data is encoded while it is sent. At any time the body holds what became of one chunk of
    /// the source; lines from 16 KiB on are slices of that chunk and are not copied. If the block
    /// already has data, the source continues it. The bytes are those that [`encode`](Self::encode)
    /// produces for the same data.
    ///
    /// A file becomes a source with `FileChunks` (feature `file`), and a reader of tokio with
    /// `tokio_util::io::ReaderStream`.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use bytes::Bytes;
    /// use esse_encoder::{Block, EventType};
    /// use futures_util::stream;
    /// use http_body_util::BodyExt;
    ///
    /// # futures_executor::block_on(async {
    /// let chunks = ["two\nli", "nes"].map(|text| Ok::<_, Infallible>(Bytes::from(text)));
    /// let block = Block::new().event_type(EventType::from_static("file"));
    /// let body = block.to_body(stream::iter(chunks));
    /// let bytes = body.collect().await?.to_bytes();
    /// assert_eq!(bytes, "event: file\ndata: two\ndata: lines\n\n");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// # }).unwrap();
    /// ```
    pub fn to_body<S, E>(&self, source: S) -> EventBody<S>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let (mut event, mut ready) = (OpenEvent::default(), Ready::default());
        event.start(self, &mut |part| ready.small.extend_from_slice(part));
        let mut end = BytesMut::new();
        self.put_end(&mut |part| end.extend_from_slice(part));
        EventBody {
            source,
            event,
            ready,
            end: Some(end.freeze()),
        }
    }
}

pin_project! {
    /// One event as the body of a response, made by [`Block::to_body`].
    ///
    /// If the source fails, or if its bytes are not UTF-8, the body fails too, and the server cuts
    /// the response off. The event is then unfinished, and the receiver never dispatches it.
    #[derive(Debug)]
    pub struct EventBody<S> {
        #[pin]
        source: S,
        event: OpenEvent,
        ready: Ready,
        // What completes the event. `None` once the source has ended.
        end: Option<Bytes>,
    }
}

impl<S, E> Body for EventBody<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let part = self.poll_bytes(cx);
        part.map(|part| part.map(|part| part.map(http_body::Frame::data)))
    }
}

impl<S, E> EventBody<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// The next part of the event, for code that sends [`Frame`]s and not bodies. `None` after the
    /// last part, which completes the event.
    ///
    /// # Errors
    /// If the source fails, or if its bytes are not UTF-8. The event is then unfinished.
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use std::future::poll_fn;
    /// use std::pin::pin;
    ///
    /// use bytes::Bytes;
    /// use esse_encoder::Block;
    /// use futures_util::stream;
    ///
    /// # futures_executor::block_on(async {
    /// let source = stream::iter([Ok::<_, Infallible>(Bytes::from("x"))]);
    /// let mut event = pin!(Block::new().to_body(source));
    /// let mut bytes = Vec::new();
    /// while let Some(part) = poll_fn(|cx| event.as_mut().poll_part(cx)).await {
    ///     part?.write_to(&mut bytes)?;
    /// }
    /// assert_eq!(bytes, b"data: x\n\n");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// # }).unwrap();
    /// ```
    #[allow(clippy::type_complexity, reason = "it is that of `Body::poll_frame`")]
    pub fn poll_part(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame, Box<dyn Error + Send + Sync>>>> {
        let part = self.poll_bytes(cx);
        part.map(|part| part.map(|part| part.map(Frame::part)))
    }

    #[allow(clippy::type_complexity, reason = "it is that of `Body::poll_frame`")]
    fn poll_bytes(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error + Send + Sync>>>> {
        let mut this = self.project();
        loop {
            if let Some(part) = this.ready.pop() {
                return Poll::Ready(Some(Ok(part)));
            }
            let Some(end) = this.end.clone() else {
                return Poll::Ready(None);
            };
            let passed = match ready!(this.source.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => this.ready.pass(&chunk, this.event),
                Some(Err(error)) => Err(error.into()),
                None => this
                    .event
                    .finish()
                    .map_err(|error| io::Error::from(error).into())
                    .map(|()| {
                        this.ready.small.extend_from_slice(&end);
                        *this.end = None;
                    }),
            };
            if let Err(error) = passed {
                *this.end = None;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

/// Encoded parts that are to be sent.
#[derive(Debug, Default)]
struct Ready {
    parts: VecDeque<Bytes>,
    /// Comes after them: parts so small that a copy costs less than sending them alone.
    small: BytesMut,
}

impl Ready {
    fn pass(
        &mut self,
        chunk: &Bytes,
        event: &mut OpenEvent,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let passed = event.pass(chunk, |part| {
            if part.len() < SHARED_FROM {
                self.small.extend_from_slice(part);
                return Ok(());
            }
            // What comes between lines is short, so this is a part of the chunk.
            self.flush();
            self.parts.push_back(chunk.slice_ref(part));
            Ok(())
        });
        if passed.is_err() {
            *self = Self::default();
        }
        passed.map_err(Into::into)
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.parts.push_back(self.small.split().freeze());
        }
    }

    fn pop(&mut self) -> Option<Bytes> {
        if self.parts.is_empty() {
            self.flush();
        }
        self.parts.pop_front()
    }
}
