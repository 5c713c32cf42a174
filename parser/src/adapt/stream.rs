//! Feature `stream`: the events of a stream of chunks.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{Stream, TryStream};
use pin_project_lite::pin_project;

use super::queue::Queue;
use crate::{OwnedEvent, Parser, ReadError};

pin_project! {
    /// The events of a [`Stream`] of chunks, such as `bytes_stream()` of reqwest. Feature `stream`.
    ///
    /// A chunk is anything that is bytes: `Bytes`, `Vec<u8>`, `&str`. After [`ReadError::Limit`]
    /// the next block follows, and after [`ReadError::Source`] whatever the source yields next.
    ///
    /// ```
    /// use esse_parser::EventStream;
    /// use futures_util::{TryStreamExt, stream};
    ///
    /// # futures_executor::block_on(async {
    /// let chunks = stream::iter([Ok("data: a\n\nda"), Ok::<_, std::io::Error>("ta: b\n\n")]);
    /// let mut events = EventStream::new(chunks);
    /// while let Some(event) = events.try_next().await? {
    ///     println!("{}", event.data);
    /// }
    /// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
    /// # });
    /// ```
    ///
    /// # Status and content type
    /// Check these before you wrap a response (9.2.2): the status must be 200 and the content type
    /// `text/event-stream`. The body of any other response decodes like an event stream, most often
    /// to no event at all, so an error of the server would look like an empty stream.
    ///
    /// # The end
    /// `None` means that the source has ended. If it ends inside a block, the block is discarded,
    /// as the standard demands (9.2.6), and no error is returned. To detect this, take the parser
    /// back and call [`Parser::finish`]:
    ///
    /// ```
    /// # use esse_parser::EventStream;
    /// # use futures_util::{StreamExt, stream};
    /// # futures_executor::block_on(async {
    /// let chunks = stream::iter([Ok::<_, std::io::Error>("data: a\n\ndata: cut of")]);
    /// let mut events = EventStream::new(chunks);
    /// while let Some(event) = events.next().await {
    ///     println!("{}", event?.data);
    /// }
    /// let (_, mut parser) = events.into_parts();
    /// assert!(parser.finish().had_data);
    /// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
    /// # });
    /// ```
    ///
    /// A stream can also end too early between two blocks. Many APIs send a last event for that
    /// reason, such as `[DONE]`: if it is missing, the stream was cut off.
    ///
    /// # Time-outs
    /// A comment is not an event, so a server that sends only keep-alive comments for a while does
    /// not wake `next()`. A time-out around `next()` therefore fires on connections that are alive.
    /// Use the read time-out of the HTTP client instead (`ClientBuilder::read_timeout` in reqwest).
    ///
    /// # Resuming
    /// Send [`OwnedEvent::last_event_id`] of the last event that you handled as `Last-Event-ID`
    /// (9.2.4). The last event ID of [`parser`](EventStream::parser) may belong to an event that
    /// has not been returned yet, so it is safe to resume from only after `None`.
    pub struct EventStream<S: TryStream> {
        #[pin]
        source: S,
        queue: Queue<ReadError<S::Error>>,
        // The chunk that came last, and how much of it the parser has read.
        chunk: Option<S::Ok>,
        read: usize,
        ended: bool,
    }
}

impl<S: TryStream> EventStream<S> {
    /// Reads the events of `source`, with the default limits and no last event ID.
    pub fn new(source: S) -> Self {
        Self::with_parser(source, Parser::new())
    }

    /// Reads the events of `source` with a parser of your own.
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

    /// Returns the parser. It may be up to six events ahead of those that were returned.
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
    }

    /// Gives the source and the parser back. Call this at the end of the stream; earlier, what the
    /// source has yielded and was not returned as an event is lost.
    ///
    /// [`Parser::finish`] then tells if the stream ended inside an event.
    pub fn into_parts(self) -> (S, Parser) {
        (self.source, self.queue.parser)
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
