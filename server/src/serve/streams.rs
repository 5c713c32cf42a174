//! The streams of a connection of HTTP/2. Each has a time limit of its own, because a client can read
//! one of them and leave the window of another closed (RFC 9113, section 5.2). So has a connection
//! that has none.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use hyper_util::rt::TokioExecutor;
use pin_project_lite::pin_project;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};

use super::current::{self, CutOff, Task, within};

/// A body hands out this much at once. So a client that takes less of a large payload within the
/// limit than this counts as one that takes nothing.
const PIECE: usize = 16 * 1024;

/// Spawns the streams of one connection, and counts them.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    connection: Arc<Task>,
    stalled_after: Duration,
    counts: Arc<watch::Sender<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    open: usize,
    /// There has been one.
    any: bool,
}

impl Streams {
    pub(crate) fn new(connection: Arc<Task>, stalled_after: Duration) -> Self {
        Self {
            connection,
            stalled_after,
            counts: Arc::default(),
        }
    }

    /// Whether there has been a stream.
    pub(crate) fn any(&self) -> bool {
        self.counts.borrow().any
    }

    /// Waits until no stream was open for this long.
    pub(crate) async fn idle_for(&self, limit: Duration) {
        let mut counts = self.counts.subscribe();
        loop {
            // It cannot fail, because the sender is in `self`.
            let _ = counts.wait_for(|counts| counts.open == 0).await;
            // A stream that has begun and ended meanwhile is a change, too.
            if timeout(limit, counts.changed()).await.is_err() {
                return;
            }
        }
    }

    /// The same for a connection that is being closed. What h2 still has of streams that have ended
    /// is to be sent; if there was none, nothing is.
    pub(crate) async fn idle_after_any(&self, limit: Duration) {
        if self.any() {
            self.idle_for(limit).await;
        }
    }
}

/// Counts as an open stream until it is dropped.
struct Open(Arc<watch::Sender<Counts>>);

impl Open {
    fn new(counts: &Arc<watch::Sender<Counts>>) -> Self {
        counts.send_modify(|counts| {
            counts.open += 1;
            counts.any = true;
        });
        Self(Arc::clone(counts))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|counts| counts.open -= 1);
    }
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, future: F) {
        let limit = self.stalled_after;
        let open = Open::new(&self.counts);
        let stream = Arc::new(Stream {
            connection: Arc::clone(&self.connection),
            waits_for_room: AtomicBool::new(false),
            has_gone_on: AtomicBool::new(false),
            has_stalled: AtomicBool::new(false),
        });
        TokioExecutor::new().execute(async move {
            stream.run(future, limit).await;
            drop(open);
        });
    }
}

/// What is known of a stream. hyper asks a body for the next frame when it has handed the one before it
/// to h2, which takes it as soon as the window has any room. So a body that is not asked waits for
/// room. What h2 still has is not seen, but that is one piece, and the next one waits for it.
#[derive(Debug)]
struct Stream {
    connection: Arc<Task>,
    waits_for_room: AtomicBool,
    /// Its body was polled since that was last looked at.
    has_gone_on: AtomicBool,
    has_stalled: AtomicBool,
}

impl Stream {
    /// Runs its future to the end, or until its client takes nothing for too long. Dropping the future
    /// resets the stream, and with that what it has queued.
    async fn run<F: Future>(self: Arc<Self>, future: F, limit: Duration) {
        let mut future = pin!(Some(future));
        let mut waiting = None;
        poll_fn(|cx| {
            within(Arc::clone(&self) as _, || {
                let Some(running) = future.as_mut().as_pin_mut() else {
                    return Poll::Ready(());
                };
                if running.poll(cx).is_pending() {
                    ready!(self.poll_stalled(&mut waiting, limit, cx));
                    self.has_stalled.store(true, Ordering::Relaxed);
                }
                // Its body learns why it is dropped.
                future.set(None);
                Poll::Ready(())
            })
        })
        .await;
    }

    fn poll_stalled(
        &self,
        waiting: &mut Option<Pin<Box<Sleep>>>,
        limit: Duration,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.has_gone_on.swap(false, Ordering::Relaxed) {
            *waiting = None;
        }
        if !self.waits_for_room.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        let waiting = waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        waiting.as_mut().poll(cx)
    }
}

impl CutOff for Stream {
    /// What a connection holds includes the frame that it is writing, so all of it is cut off.
    fn cut_off(&self) {
        self.connection.cut_off();
    }

    fn is_cut_off(&self) -> bool {
        self.has_stalled.load(Ordering::Relaxed) || self.connection.is_cut_off()
    }

    fn waits_for_room(&self, waits: bool) {
        self.waits_for_room.store(waits, Ordering::Relaxed);
        self.has_gone_on.store(true, Ordering::Relaxed);
    }
}

pin_project! {
    /// The body of a response over HTTP/2, in small pieces.
    pub(crate) struct InPieces<B> {
        #[pin]
        body: B,
        rest: Bytes,
        stream: Option<Arc<dyn CutOff>>,
    }
}

impl<B> InPieces<B> {
    /// To be called in the stream's task.
    pub(crate) fn new(body: B) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            stream: current::connection(),
        }
    }
}

impl<B: Body<Data = Bytes>> Body for InPieces<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let stream = this.stream.as_ref();
        let waits_for_room = |waits| {
            if let Some(stream) = stream {
                stream.waits_for_room(waits);
            }
        };
        waits_for_room(false);
        if this.rest.is_empty() {
            match ready!(this.body.poll_frame(cx))
                .transpose()?
                .map(Frame::into_data)
            {
                Some(Ok(data)) => *this.rest = data,
                Some(Err(trailers)) => return Poll::Ready(Some(Ok(trailers))),
                None => return Poll::Ready(None),
            }
        }
        waits_for_room(true);
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};
    use http::{Request, Response};
    use http_body_util::{BodyExt, Empty, StreamBody};
    use hyper::body::Incoming;
    use hyper::client::conn::http2 as client;
    use hyper::server::conn::http2;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::duplex;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);
    const LARGE: usize = 1 << 20;
    /// The application takes long to answer a request for this many bytes.
    const LATE: usize = 1;
    /// What a client lets a stream send before it has read any of it.
    const WINDOW: u32 = 1024;

    type Sender = client::SendRequest<Empty<Bytes>>;

    /// A connection. The path of a request says how many bytes its response has, which then does not
    /// end. Each response holds the token.
    async fn connection(token: &Arc<()>) -> Sender {
        let (server, client) = duplex(1 << 16);
        let streams = Streams::new(Arc::default(), LIMIT);
        let token = Arc::clone(token);
        let service = service_fn(move |request: Request<Incoming>| {
            let token = Arc::clone(&token);
            async move {
                let bytes = request.uri().path()[1..].parse().unwrap();
                if bytes == LATE {
                    sleep(2 * LIMIT).await;
                }
                let first = stream::iter([Frame::data(vec![b'x'; bytes].into())]);
                let frames = first.chain(stream::pending()).map(move |frame| {
                    let _ = &token;
                    Ok::<_, Infallible>(frame)
                });
                Ok::<_, Infallible>(Response::new(InPieces::new(StreamBody::new(frames))))
            }
        });
        let connection =
            http2::Builder::new(streams).serve_connection(TokioIo::new(server), service);
        tokio::spawn(connection);
        let mut builder = client::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(WINDOW);
        let handshake = builder.handshake(TokioIo::new(client));
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        sender
    }

    async fn open(sender: &mut Sender, bytes: usize) -> Incoming {
        let request = Request::get(format!("http://h/{bytes}"));
        let response = sender
            .send_request(request.body(Empty::new()).unwrap())
            .await;
        response.unwrap().into_body()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_window_stays_closed() {
        let token = Arc::new(());
        let bodies = || Arc::strong_count(&token) - 2;
        let mut sender = connection(&token).await;
        let mut quiet = open(&mut sender, 10).await;
        quiet.frame().await.unwrap().unwrap();
        let mut stalled = Vec::new();
        for _ in 0..100 {
            stalled.push(open(&mut sender, LARGE).await);
        }
        sleep(LIMIT * 9 / 10).await;
        assert_eq!(bodies(), 101);
        sleep(LIMIT / 5).await;
        assert_eq!(bodies(), 1, "the one that has nothing to send stays");
        // The client learns it.
        for mut body in stalled {
            let read = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(read.len() <= usize::try_from(WINDOW).unwrap());
            body.frame().await.unwrap().unwrap_err();
        }
        sleep(2 * LIMIT).await;
        assert_eq!(bodies(), 1);
        open(&mut sender, 10).await.frame().await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_that_comes_late() {
        let mut sender = connection(&Arc::new(())).await;
        let mut late = open(&mut sender, LATE).await;
        late.frame().await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_client_is_slow_but_takes_something() {
        let mut sender = connection(&Arc::new(())).await;
        let mut slow = open(&mut sender, LARGE).await;
        let mut read = 0;
        // A little more than a piece within the limit.
        while read < LARGE {
            let frame = slow.frame().await.unwrap().unwrap();
            read += frame.into_data().unwrap().len();
            sleep(LIMIT / 20).await;
        }
    }
}
