//! `TryFrames`: frames that may break off, so that the response does too.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use esse_encoder::Frame;
use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::trace;
use crate::unfinished::end_unfinished;

pin_project! {
    /// A stream of frames that fails, as a stream of frames for [`Sink`](crate::Sink) and
    /// [`Hub::guard`](crate::Hub::guard). It is for gateways: if the answer from upstream was cut off,
    /// so is the response.
    ///
    /// At an error the [`Sink`](crate::Sink) around it ends with an
    /// [`UnfinishedEvent`](crate::UnfinishedEvent), and [`source_failed`](crate::metrics::Closed) counts it
    /// if it is guarded. The error is reported to `tracing`, and is not sent.
    ///
    /// **Only a `Sink` that polls it sees that it broke off.** To everything else it looks like the end. So
    /// do not put it into `peekable`, a channel or a task of its own. If the response depends on the first
    /// frame, look at `frames` before you make this of them.
    ///
    /// What came before the error is written first, if the feature `serve` serves it. (A client of HTTP/2
    /// that keeps the window of a stream closed may lose the last 16 KiB.) Under another server, that holds
    /// over HTTP/1 for a client that reads. Over HTTP/2, hyper drops what it has not written yet, even the
    /// head, and the `Sink` cannot wait for that.
    ///
    /// Over HTTP/1.0 a response ends with its connection, so a client sees that one broke off only if
    /// the connection is reset. `serve` does that; `axum::serve` does not. nginx speaks HTTP/1.0 to the
    /// server unless `proxy_http_version 1.1` is set (it is since 1.29.7).
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Sink, TryFrames};
    /// use futures_util::stream;
    /// use http_body_util::BodyExt;
    ///
    /// # futures_executor::block_on(async {
    /// let answer = [Ok(Block::event("Hel").to_frame()), Err("upstream is gone")];
    /// let body = Sink::new(TryFrames::new(stream::iter(answer)));
    /// assert!(body.collect().await.is_err(), "not the end of an answer");
    /// # });
    /// ```
    #[derive(Debug)]
    #[must_use = "it is a stream: without being polled it does nothing"]
    pub struct TryFrames<S> {
        #[pin]
        frames: S,
        end: Option<End>,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    BrokenOff,
}

impl<S> TryFrames<S> {
    /// Of these frames, up to the first error.
    pub const fn new(frames: S) -> Self {
        Self { frames, end: None }
    }
}

impl<S, E> Stream for TryFrames<S>
where
    S: Stream<Item = Result<Frame, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Item = Frame;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = self.project();
        if this.end.is_none() {
            *this.end = match ready!(this.frames.poll_next(cx)) {
                Some(Ok(frame)) => return Poll::Ready(Some(frame)),
                Some(Err(error)) => {
                    trace::source_failed(&error.into());
                    Some(End::BrokenOff)
                }
                None => Some(End::Complete),
            };
        }
        if *this.end == Some(End::BrokenOff) {
            end_unfinished();
        }
        Poll::Ready(None)
    }
}
