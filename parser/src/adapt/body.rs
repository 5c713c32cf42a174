//! Feature `body`: the events of an HTTP body.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::Body;
use pin_project_lite::pin_project;

use super::cursor::Output;
use super::error::ReadError;
use super::stream::EventStream;
use crate::{Discarded, OwnedEvent, OwnedItem, Parser};

pin_project! {
    /// The events of an [`http_body::Body`], such as a response of hyper or tower-http, as a
    /// [`Stream`]. Feature `body`.
    ///
    /// Trailers are skipped. Everything that [`EventStream`] says about the status, the end,
    /// time-outs and resuming holds here, too.
    ///
    /// ```
    /// use esse_parser::BodyEvents;
    /// use futures_util::StreamExt;
    /// use http_body_util::Full;
    ///
    /// let body = Full::new(&b"event: head\ndata: {}\n\n"[..]);
    /// let mut events = BodyEvents::new(body);
    /// let event = futures_executor::block_on(events.next()).unwrap()?;
    /// assert_eq!(event.event_type, "head");
    /// # Ok::<(), esse_parser::ReadError<std::convert::Infallible>>(())
    /// ```
    #[derive(Debug)]
    pub struct BodyEvents<B: Body, T = OwnedEvent> {
        #[pin]
        events: EventStream<Chunks<B>, T>,
    }
}

pin_project! {
    /// The data frames of a body.
    #[derive(Debug)]
    struct Chunks<B> {
        #[pin]
        body: B,
    }
}

impl<B: Body> BodyEvents<B> {
    /// Reads the events of `body`, with the default limits and no last event ID.
    pub fn new(body: B) -> Self {
        Self::with_parser(body, Parser::new())
    }

    /// Reads the events of `body` with a parser of your own.
    pub fn with_parser(body: B, parser: Parser) -> Self {
        Self {
            events: EventStream::with_parser(Chunks { body }, parser),
        }
    }

    /// Hands out comments, reconnection times and all other [items](crate::Item), too.
    pub fn items(self) -> BodyEvents<B, OwnedItem> {
        BodyEvents {
            events: self.events.items(),
        }
    }
}

impl<B: Body, T> BodyEvents<B, T> {
    /// Returns the parser; see [`EventStream::parser`].
    pub fn parser(&self) -> &Parser {
        self.events.parser()
    }

    /// Returns how the stream ended; see [`EventStream::unfinished`].
    pub fn unfinished(&self) -> Discarded {
        self.events.unfinished()
    }

    /// Gives the body and the parser back; see [`EventStream::into_parts`].
    pub fn into_parts(self) -> (B, Parser) {
        let (Chunks { body }, parser) = self.events.into_parts();
        (body, parser)
    }
}

impl<B: Body, T: Output> Stream for BodyEvents<B, T> {
    type Item = Result<T, ReadError<B::Error>>;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().events.poll_next(cx)
    }
}

impl<B: Body> Stream for Chunks<B> {
    type Item = Result<Bytes, B::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.project().body;
        loop {
            let Some(frame) = ready!(body.as_mut().poll_frame(cx)?) else {
                return Poll::Ready(None);
            };
            if let Ok(mut data) = frame.into_data() {
                // This copies nothing if the data of the body are `Bytes` already.
                return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
            }
        }
    }
}
