//! The stream, and what the server sees of its clients.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request, Response, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use crate::stop::Stop;

/// From one event to the next.
pub(super) const INTERVAL: Duration = Duration::from_millis(400);

/// The length of the data of each event, in bytes.
const LENGTHS: [usize; 10] = [20, 20, 2000, 20, 100_000, 20, 20, 300, 20, 20];

/// Two bytes in UTF-8, so that no event is ASCII alone.
const LETTER: char = 'ä';

/// The server of the stream.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// Before the last event.
    pub(super) silence: Duration,
    last: Last,
}

/// The request that came last.
type Last = Arc<Mutex<Option<Arc<Mutex<Sent>>>>>;

/// A request that came, and what was sent to it.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
    /// When each event was handed to the connection.
    pub(super) times: Vec<Instant>,
    /// Whether the client went away before the end.
    is_gone: bool,
}

impl Server {
    pub(super) async fn start(address: &str, silence: Duration) -> Result<Self, Stop> {
        let cannot = |error| Stop::listening(address, &error);
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let server = Self {
            address: listener.local_addr().map_err(cannot)?,
            silence,
            last: Arc::default(),
        };
        tokio::spawn(accept(listener, silence, Arc::clone(&server.last)));
        Ok(server)
    }

    /// How long the stream is, from the head to the end.
    pub(super) fn length(&self) -> Duration {
        let events = u32::try_from(LENGTHS.len()).unwrap_or(u32::MAX);
        INTERVAL * events + self.silence
    }

    /// Forgets the requests that came until now.
    pub(super) fn forget(&self) {
        *lock(&self.last) = None;
    }

    /// The request that came last, if one came.
    pub(super) fn last(&self) -> Option<Sent> {
        let last = lock(&self.last).clone()?;
        let sent = lock(&last).clone();
        Some(sent)
    }

    /// Whether all events but that after the silence are sent.
    pub(super) fn is_in_silence(&self) -> bool {
        self.last_is(|sent| sent.times.len() >= LENGTHS.len())
    }

    /// Whether the server learns within this time that its client has gone.
    pub(super) async fn departure(&self, time: Duration) -> bool {
        let wait = async {
            while !self.last_is(|sent| sent.is_gone) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(time, wait).await.is_ok()
    }

    fn last_is(&self, what: impl Fn(&Sent) -> bool) -> bool {
        let last = lock(&self.last).clone();
        last.is_some_and(|last| what(&lock(&last)))
    }
}

async fn accept(listener: TcpListener, silence: Duration, last: Last) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // No descriptor is free. One will be.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let last = Arc::clone(&last);
        let service = service_fn(move |request| {
            let response = respond(&request, silence, &last);
            ready(Ok::<_, Infallible>(response))
        });
        tokio::spawn(async move {
            // A client that goes away is not an error.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

fn respond(
    request: &Request<Incoming>,
    silence: Duration,
    last: &Last,
) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let sent = Arc::new(Mutex::new(Sent {
        version: request.version(),
        headers: request.headers().clone(),
        bytes: Vec::new(),
        times: Vec::new(),
        is_gone: false,
    }));
    *lock(last) = Some(Arc::clone(&sent));
    let body = StreamBody::new(events(silence, sent));
    let mut response = Response::new(body.boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    let no_store = HeaderValue::from_static("no-store, no-transform");
    headers.insert(CACHE_CONTROL, no_store);
    response
}

/// The events, each at its time: after an interval, and the last after the silence.
fn events(
    silence: Duration,
    sent: Arc<Mutex<Sent>>,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> {
    let last = (!silence.is_zero()).then_some((silence, LENGTHS[0]));
    let events = LENGTHS.map(|length| (INTERVAL, length)).into_iter();
    let events = events.chain(last).enumerate();
    let body = Unfinished {
        sent,
        is_finished: false,
    };
    stream::unfold((events, body), async |(mut events, mut body)| {
        let Some((number, (wait, length))) = events.next() else {
            body.is_finished = true;
            return None;
        };
        sleep(wait).await;
        let event = event(number, length);
        let mut sent = lock(&body.sent);
        sent.bytes.extend_from_slice(&event);
        sent.times.push(Instant::now());
        drop(sent);
        Some((Ok(Frame::data(event)), (events, body)))
    })
}

fn event(number: usize, length: usize) -> Bytes {
    let letters: String = std::iter::repeat_n(LETTER, length / 2).collect();
    format!("id: {number}\ndata: {letters}\n\n").into()
}

/// A body that is not at its end. If it is dropped then, its client has gone.
struct Unfinished {
    sent: Arc<Mutex<Sent>>,
    is_finished: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        lock(&self.sent).is_gone = !self.is_finished;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
