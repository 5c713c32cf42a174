//! `Sink`: a stream of frames as the body of a response.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use esse_encoder::{Block, Frame};
use futures_core::Stream;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::keep_alive::EMPTY_COMMENT;
use crate::unfinished::{UnfinishedEvent, observe};

pin_project! {
    /// A stream of frames as the [`Body`] of a response, for any handler of hyper, axum or tower.
    ///
    /// It encodes, copies and holds back nothing: each segment of each frame is passed on as soon
    /// as it is there. The body begins with a comment, so that the head of the response is sent
    /// before the first event and `onopen` fires in the browser. It ends when the stream ends, with
    /// an [error](UnfinishedEvent) if that was within an event. If the stream itself can fail, put it
    /// into [`TryFrames`](crate::TryFrames).
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Sink, response};
    /// use http_body_util::BodyExt;
    ///
    /// # futures_executor::block_on(async {
    /// let hub = Hub::new();
    /// let response = response(Sink::new(hub.subscribe().open()));
    /// hub.publish(Block::event("x")).unwrap();
    /// drop(hub);
    /// let body = response.into_body().collect().await.unwrap().to_bytes();
    /// assert_eq!(body, ": \n\ndata: x\n\n");
    /// # });
    /// ```
    #[derive(Debug)]
    #[must_use = "it is the body of a response"]
    pub struct Sink<S> {
        #[pin]
        frames: S,
        // The frame that is being sent, from this segment on.
        frame: Option<Frame>,
        segment: usize,
        // Its stream has broken off.
        breaks_off: bool,
        // Nothing more comes, and the body fails when it is polled next.
        fails: bool,
    }
}

impl<S: Stream<Item = Frame>> Sink<S> {
    /// A body of these frames.
    pub fn new(frames: S) -> Self {
        Self {
            frames,
            frame: Some(EMPTY_COMMENT.clone()),
            segment: 0,
            breaks_off: false,
            fails: false,
        }
    }

    /// Begins with this block instead of an empty comment. It may set the reconnection time, or be
    /// a comment of two kilobytes, for a proxy that holds back anything shorter.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Sink};
    ///
    /// let retry = Block::new().retry(Duration::from_millis(500));
    /// let body = Sink::new(Hub::new().subscribe().open()).begin_with(&retry);
    /// ```
    pub fn begin_with(mut self, block: &Block<'_>) -> Self {
        self.frame = Some(block.to_frame());
        self
    }
}

impl<S: Stream<Item = Frame>> Body for Sink<S> {
    type Data = Bytes;
    type Error = UnfinishedEvent;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, UnfinishedEvent>>> {
        let mut this = self.project();
        loop {
            if let Some(segment) = take_segment(this.frame, this.segment) {
                return Poll::Ready(Some(Ok(http_body::Frame::data(segment))));
            }
            if *this.fails {
                return Poll::Ready(Some(Err(UnfinishedEvent)));
            }
            let (polled, is_unfinished) = observe(|| this.frames.as_mut().poll_next(cx));
            *this.breaks_off |= is_unfinished;
            match polled {
                Poll::Ready(Some(frame)) => (*this.frame, *this.segment) = (Some(frame), 0),
                // Not before the frames that were ready with the error.
                _ if *this.breaks_off => {
                    // hyper drops what it has not written yet when a body fails. So it writes first, at
                    // least over HTTP/1.
                    *this.fails = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// The next segment. The frame is dropped with its last one, so that nothing of it is held while
/// the stream waits.
fn take_segment(frame: &mut Option<Frame>, at: &mut usize) -> Option<Bytes> {
    let segments = frame.as_ref()?.segments();
    let segment = segments.get(*at).cloned();
    *at += 1;
    if *at >= segments.len() {
        *frame = None;
    }
    segment
}
