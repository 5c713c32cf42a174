use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::Body;
use pin_project_lite::pin_project;

use super::stream::EventStream;
use crate::Parser;

/// The events of an [`http_body::Body`]: a response of hyper, reqwest or axum. Feature `body`.
///
/// Trailers are skipped. Whether the response is an event stream at all (status
/// 200, `Content-Type: text/event-stream`) is the caller's to check (9.2.3).
///
/// ```
/// use esse_parser::{Parser, body_events};
/// use futures_util::StreamExt;
/// use http_body_util::Full;
///
/// let body = Full::new(&b"event: head\ndata: {}\n\n"[..]);
/// let mut events = body_events(body, Parser::new());
/// let event = futures_executor::block_on(events.next()).unwrap()?;
/// assert_eq!(event.event_type, "head");
/// # Ok::<(), esse_parser::ReadError<std::convert::Infallible>>(())
/// ```
pub fn body_events<B: Body>(body: B, parser: Parser) -> EventStream<BodyChunks<B>> {
    EventStream::with_parser(BodyChunks { body }, parser)
}

pin_project! {
    /// The data frames of a body, as a stream of chunks; from [`body_events`].
    ///
    /// ```
    /// use esse_parser::{BodyChunks, EventStream, Parser, body_events};
    /// use http_body_util::Full;
    ///
    /// type Events = EventStream<BodyChunks<Full<&'static [u8]>>>;
    /// let events: Events = body_events(Full::default(), Parser::new());
    /// ```
    #[derive(Debug)]
    pub struct BodyChunks<B> {
        #[pin]
        body: B,
    }
}

impl<B: Body> Stream for BodyChunks<B> {
    type Item = Result<Bytes, B::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.project().body;
        loop {
            let Some(frame) = ready!(body.as_mut().poll_frame(cx)?) else {
                return Poll::Ready(None);
            };
            if let Ok(mut data) = frame.into_data() {
                // No copy where the body's data are `Bytes` already.
                return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
            }
        }
    }
}
