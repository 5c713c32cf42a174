//! A connection that is not parked: hyper serves it.

use std::future::Future;
use std::io::Cursor;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, Chain, Join, join};
use tokio::net::tcp::OwnedReadHalf;

use super::connection::{Accepted, call, with_peer};
use super::current::Task;
use super::output::{Output, Responses};
use super::request_body::RequestBody;
use super::stall_timeout::StallTimeout;
use super::stop::Stop;
use super::streams::{InPieces, Streams};
use super::written_first::WrittenFirst;
use super::{Application, Settings, Shared};
use crate::hyper::CoalescedWrites;
use crate::sync::Mutex;

/// How much a connection holds for a client that does not read, and how long a head may be.
const BUFFER: usize = 16 * 1024;
/// How many streams a connection of HTTP/2 may have at the same time. Browsers use about as many.
const STREAMS: u32 = 100;
/// hyper adds a limit to the time of now, which must not overflow.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

type Input = Chain<Cursor<Bytes>, OwnedReadHalf>;
type Io = CoalescedWrites<TokioIo<StallTimeout<Join<Input, Output>>>>;

/// What is known of a connection.
pub(crate) enum Begun<B> {
    /// HTTP/1, and perhaps there is already a response to its first request.
    Http1(Option<Response<B>>),
    Http2,
}

/// Serves the connection to its end. `bytes` were read from it.
pub(crate) async fn serve<A: Application>(
    accepted: Accepted,
    bytes: Bytes,
    begun: Begun<A::Body>,
    app: A,
    shared: &Shared,
) {
    let Accepted {
        socket,
        peer,
        permit,
    } = accepted;
    let (input, output) = socket.into_split();
    let (responses, task) = (Arc::<Responses>::default(), Arc::<Task>::default());
    let output = Output::new(output, Arc::clone(&responses), Arc::clone(&task), permit);
    let io = join(Cursor::new(bytes).chain(input), output);
    let io = StallTimeout::new(io, shared.settings.patience.stalled_after);
    let io = CoalescedWrites::new(TokioIo::new(io));
    let app = OfConnection {
        app,
        peer,
        task: Arc::clone(&task),
        limit: shared.settings.patience.stalled_after,
    };
    match begun {
        Begun::Http1(first) => {
            let served = serve_http1(io, first, app, &responses, shared);
            task.run(served).await;
        }
        Begun::Http2 => {
            let served = serve_http2(io, app, &task, shared);
            Arc::clone(&task).run(served).await;
        }
    }
}

/// The application, as the client of one connection sees it.
#[derive(Clone)]
struct OfConnection<A> {
    app: A,
    peer: SocketAddr,
    task: Arc<Task>,
    limit: Duration,
}

impl<A: Application> OfConnection<A> {
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<A::Body>, A::Error>> + Send + use<A> {
        let request = request.map(RequestBody::from);
        call(self.app.clone(), with_peer(request, self.peer))
    }

    fn written_first(&self, response: Response<A::Body>) -> Response<WrittenFirst<A::Body>> {
        response.map(|body| WrittenFirst::new(body, &self.task, self.limit))
    }
}

/// Errors are those of one client.
async fn serve_http1<A: Application>(
    io: Io,
    first: Option<Response<A::Body>>,
    app: OfConnection<A>,
    responses: &Arc<Responses>,
    shared: &Shared,
) {
    let first = Mutex::new(first);
    let of_service = Arc::clone(responses);
    let service = service_fn(move |request: Request<Incoming>| {
        if request.version() == Version::HTTP_10 {
            of_service.set_end_with_connection();
        }
        let answered = first.lock().take();
        let app = app.clone();
        async move {
            let response = match answered {
                Some(response) => response,
                None => app.answer(request).await?,
            };
            Ok::<_, A::Error>(app.written_first(response))
        }
    });
    let connection = http1(&shared.settings).serve_connection(io, service);
    let mut connection = pin!(connection.with_upgrades());
    let mut stop = shared.stop.clone();
    let ended = tokio::select! {
        // First, so that it has begun to read before it is shut down. Otherwise hyper would drop a
        // response that was made already.
        biased;
        ended = connection.as_mut() => ended,
        () = Stop::Draining.reached(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if ended.is_ok() {
        responses.set_complete();
    }
}

fn http1(settings: &Settings) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_within.min(FAR))
        .max_buf_size(BUFFER);
    http1
}

/// Errors are those of one client.
async fn serve_http2<A: Application>(
    io: Io,
    app: OfConnection<A>,
    task: &Arc<Task>,
    shared: &Shared,
) {
    let Settings {
        patience,
        head_within,
        ..
    } = shared.settings;
    let streams = Streams::new(Arc::clone(task), patience.stalled_after);
    let service = service_fn(move |request| {
        let app = app.clone();
        async move {
            let response = app.answer(request).await?;
            Ok::<_, A::Error>(app.written_first(response).map(InPieces::new))
        }
    });
    let mut connection = pin!(http2(streams.clone()).serve_connection(io, service));
    let mut stop = shared.stop.clone();
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = Stop::Draining.reached(&mut stop) => {}
        () = streams.idle_for(head_within) => {
            if !streams.any() {
                shared.counts.slow_heads.add_one();
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        // First, so that what the client has sent already is read.
        biased;
        _ = connection => {}
        () = streams.idle_after_any(patience.stalled_after) => {}
    }
}

/// A client chooses how much each of its streams may send, so a stream may hold a piece of a frame
/// and [`BUFFER`] bytes until its time is over.
fn http2(streams: Streams) -> http2::Builder<Streams> {
    let mut http2 = http2::Builder::new(streams);
    http2
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(STREAMS)
        .max_send_buf_size(BUFFER);
    http2
}
