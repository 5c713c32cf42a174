use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{Stream, TryStream};
use pin_project_lite::pin_project;

use super::queue::Queue;
use crate::{OwnedEvent, Parser, ReadError};

pin_project! {
    /// The events of a [`Stream`] of chunks, as a `Stream`. Feature `stream`.
    ///
    /// The chunks are anything that is bytes, such as the `Bytes` of an HTTP
    /// client. After [`ReadError::Limit`] the next block follows; after
    /// [`ReadError::Source`] whatever the source has next. It ends where the
    /// source ends; [`parser`](EventStream::parser) then has the last event ID.
    ///
    /// ```
    /// use esse_parser::EventStream;
    /// use futures_util::{TryStreamExt, stream};
    ///
    /// let chunks = stream::iter([Ok("data: a\n\nda"), Ok::<_, std::io::Error>("ta: b\n\n")]);
    /// let events: Result<Vec<_>, _> =
    ///     futures_executor::block_on(EventStream::new(chunks).try_collect());
    /// let data: Vec<String> = events?.into_iter().map(|event| event.data).collect();
    /// assert_eq!(data, ["a", "b"]);
    /// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
    /// ```
    pub struct EventStream<S: TryStream> {
        #[pin]
        source: S,
        queue: Queue<ReadError<S::Error>>,
        // What came last, and how far it was read.
        chunk: Option<S::Ok>,
        read: usize,
        ended: bool,
    }
}

impl<S: TryStream> EventStream<S> {
    /// The events of `source`, with the default limits.
    ///
    /// ```
    /// use futures_util::stream;
    ///
    /// let chunks = stream::empty::<Result<&[u8], std::io::Error>>();
    /// let events = esse_parser::EventStream::new(chunks);
    /// ```
    pub fn new(source: S) -> Self {
        Self::with_parser(source, Parser::new())
    }

    /// The events of `source`, with a parser that has limits or a last event ID set.
    ///
    /// ```
    /// use esse_parser::{EventStream, Parser};
    /// use futures_util::{StreamExt, stream};
    ///
    /// let chunks = stream::iter([Ok::<_, std::io::Error>("data: x\n\n")]);
    /// let parser = Parser::builder().last_event_id("7").build();
    /// let mut events = EventStream::with_parser(chunks, parser);
    /// let event = futures_executor::block_on(events.next()).unwrap()?;
    /// assert_eq!(event.last_event_id, "7");
    /// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
    /// ```
    pub fn with_parser(source: S, parser: Parser) -> Self {
        Self {
            source,
            queue: Queue::new(parser),
            chunk: None,
            read: 0,
            ended: false,
        }
    }

    /// The parser, with the last event ID and the reconnection time so far.
    ///
    /// It may be a few events ahead of those handed out.
    ///
    /// ```
    /// use futures_util::stream;
    ///
    /// let chunks = stream::empty::<Result<&[u8], std::io::Error>>();
    /// assert_eq!(esse_parser::EventStream::new(chunks).parser().last_event_id(), "");
    /// ```
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
    }
}

impl<S> Stream for EventStream<S>
where
    S: TryStream<Ok: AsRef<[u8]>>,
{
    type Item = Result<OwnedEvent, ReadError<S::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            if let Some(chunk) = this.chunk {
                if let Some(event) = this.queue.next(chunk.as_ref(), this.read) {
                    return Poll::Ready(Some(event));
                }
                *this.chunk = None;
            }
            if *this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.source.as_mut().try_poll_next(cx)) {
                Some(Ok(chunk)) => (*this.chunk, *this.read) = (Some(chunk), 0),
                Some(Err(error)) => return Poll::Ready(Some(Err(ReadError::Source(error)))),
                None => *this.ended = true,
            }
        }
    }
}

impl<S: TryStream + fmt::Debug> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("EventStream");
        fields.field("source", &self.source);
        fields
            .field("parser", self.parser())
            .finish_non_exhaustive()
    }
}
