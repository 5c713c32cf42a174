//! `WrittenFirst`: a body that breaks off after what came before it was written.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::timeout;

use super::current::Task;
use crate::source::BoxError;

pin_project! {
    /// If a body fails, hyper drops what it has not written yet, and over HTTP/2 even the head. So the
    /// body fails only when that was written, or its time is over.
    pub(crate) struct WrittenFirst<B> {
        #[pin]
        body: B,
        connection: Arc<Task>,
        limit: Duration,
        failure: Option<Failure>,
    }
}

struct Failure {
    error: BoxError,
    written: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<B> WrittenFirst<B> {
    /// `limit` is for a connection that always has something else to write.
    pub(crate) fn new(body: B, connection: &Arc<Task>, limit: Duration) -> Self {
        Self {
            body,
            connection: Arc::clone(connection),
            limit,
            failure: None,
        }
    }
}

impl<B> Body for WrittenFirst<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let failure = match this.failure {
            Some(failure) => failure,
            None => match ready!(this.body.poll_frame(cx)) {
                Some(Err(error)) => this.failure.insert(Failure {
                    error: error.into(),
                    written: written(this.connection, *this.limit),
                }),
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                None => return Poll::Ready(None),
            },
        };
        ready!(failure.written.as_mut().poll(cx));
        Poll::Ready(this.failure.take().map(|failure| Err(failure.error)))
    }

    fn is_end_stream(&self) -> bool {
        self.failure.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn written(connection: &Task, limit: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let written = timeout(limit, connection.written());
    Box::pin(async { drop(written.await) })
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use futures_util::{FutureExt, stream};
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    fn breaks_off(connection: &Arc<Task>) -> impl Body<Data = Bytes, Error = BoxError> + Unpin {
        let frames = [Ok(Frame::data(Bytes::from("x"))), Err("gone")];
        WrittenFirst::new(StreamBody::new(stream::iter(frames)), connection, LIMIT)
    }

    /// As in HTTP/1, where the connection polls the body itself.
    #[tokio::test]
    async fn a_poll_of_the_connection_that_has_begun_does_not_count() {
        let connection = Arc::<Task>::default();
        let mut body = breaks_off(&connection);
        let mut polls = Vec::new();
        let polled = poll_fn(|cx| {
            let polled = body.frame().poll_unpin(cx);
            polls.push(polled.map(|frame| frame.unwrap().is_ok()));
            Poll::<()>::Pending
        });
        let mut running = Box::pin(Arc::clone(&connection).run(polled));
        for _ in 0..4 {
            assert!(running.as_mut().now_or_never().is_none());
        }
        drop(running);
        let expected = [
            Poll::Ready(true),
            Poll::Pending,
            Poll::Pending,
            Poll::Ready(false),
        ];
        assert_eq!(polls, expected);
    }

    #[tokio::test]
    async fn a_body_waits_for_a_socket_that_takes_nothing() {
        let connection = Arc::<Task>::default();
        let mut running = Box::pin(Arc::clone(&connection).run(pending::<()>()));
        let mut body = breaks_off(&connection);
        assert!(body.frame().now_or_never().unwrap().unwrap().is_ok());
        assert!(body.frame().now_or_never().is_none());
        connection.writes.set_blocked(true);
        assert!(running.as_mut().now_or_never().is_none());
        assert!(body.frame().now_or_never().is_none());
        connection.writes.set_blocked(false);
        assert!(running.as_mut().now_or_never().is_none());
        let error = body.frame().now_or_never().unwrap().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_does_not_wait_for_ever() {
        let connection = Arc::default();
        let mut body = breaks_off(&connection);
        assert!(body.frame().await.unwrap().is_ok());
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "gone");
    }
}
