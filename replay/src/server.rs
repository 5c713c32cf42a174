//! A server on loopback that plays recordings.

use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_ENCODING, CONTENT_TYPE,
    HeaderName, HeaderValue, RETRY_AFTER,
};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::answers::{self, Answers};
use crate::body::{self, Broken, Pace, Totals};
use crate::preflight;
use crate::recording::{Recording, RecordingError};
use crate::timeline::{Cut, Ending, Faults};

/// How much of the body of a request is kept, in bytes.
const KEPT_BODY: usize = 8 * 1024 * 1024;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A server on loopback that answers requests with recordings. It runs in a thread of its own, and
/// ends when it is dropped.
///
/// A request is answered by the recording with its method and path, and among several by the one
/// with its query, or else by the first. A value that is [masked](crate::MASK) in the query of a
/// recording stands for any value. If there is only one recording, it answers every request.
/// Otherwise the answer is 404. A CORS preflight request is granted what it asks for. A request with
/// a `Last-Event-ID` that the recording has gets what comes after it.
pub struct ReplayServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ReplayServer {
    /// A server that plays each recording at once, on a free port.
    pub fn builder() -> ReplayServerBuilder {
        ReplayServerBuilder::default()
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the first recording, at this server.
    pub fn url(&self) -> String {
        let first = self.shared.answers.first();
        let path = first.and_then(|first| first.uri.path_and_query());
        format!(
            "http://{}{}",
            self.address,
            path.map_or("/", |path| path.as_str())
        )
    }

    /// The requests that came until now, in order. There are none if they are
    /// [reported](ReplayServerBuilder::on_request) instead.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        let requests = self.shared.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was played until now.
    pub fn played(&self) -> Played {
        let totals = &self.shared.totals;
        Played {
            requests: self.shared.count.load(Ordering::Relaxed),
            chunks: totals.chunks.load(Ordering::Relaxed),
            bytes: totals.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Drop for ReplayServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported by itself.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ReplayServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What a [`ReplayServer`] has played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Played {
    /// Requests that came, without CORS preflight requests.
    pub requests: u64,
    /// Chunks that were sent.
    pub chunks: u64,
    /// Bytes of bodies that were sent.
    pub bytes: u64,
}

/// A request that came to a [`ReplayServer`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; empty if it is over 8 MiB.
    pub body: Bytes,
    /// What it was answered with.
    pub answer: Answer,
}

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// 204, with what a CORS preflight request asks for.
    Preflight,
    /// A refusal, as was asked for: the first has the number 1.
    Refused(u64),
    /// 404: no recording has this method and path.
    NoRecording,
    /// A recording.
    Recording {
        /// Which one: the first that was given is 0.
        index: usize,
        /// Where in it the answer begins.
        start: Start,
    },
}

/// Where in a recording an answer begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the start: the request has no `Last-Event-ID`.
    Beginning,
    /// After the last block with this ID.
    After(String),
    /// At the start: the recording does not have this ID.
    UnknownId(String),
}

/// How a [`ReplayServer`] plays.
#[must_use = "nothing listens before `start`"]
#[derive(Default)]
pub struct ReplayServerBuilder {
    recordings: Vec<Recording>,
    port: u16,
    settings: Settings,
    on_request: Option<OnRequest>,
}

type OnRequest = Box<dyn Fn(&ReceivedRequest) + Send + Sync>;

#[derive(Default)]
struct Settings {
    pace: Pace,
    faults: Faults,
    refusals: u64,
    refusal: StatusCode,
    retry_after: Option<HeaderValue>,
    content_type: Option<HeaderValue>,
}

impl ReplayServerBuilder {
    /// Adds a recording.
    pub fn recording(mut self, recording: Recording) -> Self {
        self.recordings.push(recording);
        self
    }

    /// Adds the recording in a file.
    ///
    /// # Errors
    /// Those of [`Recording::open`].
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, RecordingError> {
        Ok(self.recording(Recording::open(path)?))
    }

    /// Listens on this port. The default is 0, a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Plays at this many times the speed of the recording; 1 is as it was recorded. The default is
    /// to play each chunk at once. A number that is not above 0 is taken as the default.
    pub fn speed(mut self, times: f64) -> Self {
        self.settings.pace = if times > 0.0 {
            Pace::Times(times)
        } else {
            Pace::Fast
        };
        self
    }

    /// Splits bodies anew.
    pub fn cut(mut self, cut: Cut) -> Self {
        self.settings.faults.cut = Some(cut);
        self
    }

    /// Sends nothing more after this many events, and keeps the connection. Of this,
    /// [`reset_after`](Self::reset_after) and [`end_after`](Self::end_after), the last call counts.
    pub fn stall_after(self, events: u64) -> Self {
        self.after(events, Ending::Stall)
    }

    /// Resets the connection after this many events. Replaces [`stall_after`](Self::stall_after) and
    /// [`end_after`](Self::end_after).
    pub fn reset_after(self, events: u64) -> Self {
        self.after(events, Ending::Reset)
    }

    /// Ends the response after this many events. Replaces [`stall_after`](Self::stall_after) and
    /// [`reset_after`](Self::reset_after).
    pub fn end_after(self, events: u64) -> Self {
        self.after(events, Ending::Clean)
    }

    fn after(mut self, events: u64, ending: Ending) -> Self {
        self.settings.faults.after = Some((events, ending));
        self
    }

    /// Answers the first requests with a status, such as 503. No response ends with one below 200.
    pub fn refuse(mut self, requests: u64, status: StatusCode) -> Self {
        self.settings.refusals = requests;
        self.settings.refusal = status;
        self
    }

    /// Sends this `Retry-After` in refusals.
    pub fn retry_after(mut self, value: HeaderValue) -> Self {
        self.settings.retry_after = Some(value);
        self
    }

    /// Sends another content type.
    pub fn content_type(mut self, value: HeaderValue) -> Self {
        self.settings.content_type = Some(value);
        self
    }

    /// Compresses bodies, also if the client did not ask for it, so that each chunk can be
    /// decompressed when it comes.
    pub fn gzip(mut self, is_gzip: bool) -> Self {
        self.settings.faults.is_gzip = is_gzip;
        self
    }

    /// Calls this for each request, in place of keeping it for [`ReplayServer::requests`].
    pub fn on_request(mut self, report: impl Fn(&ReceivedRequest) + Send + Sync + 'static) -> Self {
        self.on_request = Some(Box::new(report));
        self
    }

    /// Listens. When this returns, requests are answered.
    ///
    /// # Errors
    /// It cannot listen on the port. [`io::ErrorKind::InvalidInput`]: a recording has no valid URL
    /// or status, or is compressed already although [`gzip`](Self::gzip) is asked for, or a fault after some
    /// events. Or [`refuse`](Self::refuse) has a status below 200.
    pub fn start(self) -> io::Result<ReplayServer> {
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
        if self.settings.refusal.is_informational() {
            return Err(invalid("no response ends with the status of the refusals"));
        }
        let answers = self.recordings.into_iter().map(Answers::new);
        let answers: Vec<_> = answers.collect::<Result<_, _>>().map_err(invalid)?;
        if answers.iter().any(Answers::is_compressed) {
            if self.settings.faults.is_gzip {
                return Err(invalid("a recording is compressed already"));
            }
            if self.settings.faults.after.is_some() {
                return Err(invalid(
                    "a recording is compressed, so its events cannot be counted",
                ));
            }
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            answers,
            settings: self.settings,
            on_request: self.on_request,
            requests: Mutex::default(),
            count: AtomicU64::new(0),
            totals: Arc::default(),
        });
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let server = Arc::clone(&shared);
        let thread = thread::Builder::new().name("esse-replay".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, server) => {}
                }
            });
        })?;
        Ok(ReplayServer {
            shared,
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl fmt::Debug for ReplayServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayServerBuilder")
            .field("recordings", &self.recordings.len())
            .finish_non_exhaustive()
    }
}

/// What the connections share.
struct Shared {
    answers: Vec<Answers>,
    settings: Settings,
    on_request: Option<OnRequest>,
    requests: Mutex<Vec<ReceivedRequest>>,
    count: AtomicU64,
    totals: Arc<Totals>,
}

type Body = UnsyncBoxBody<Bytes, Broken>;

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        // Only without a runtime.
        return pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((socket, _)) => drop(tokio::spawn(connection(Arc::clone(&shared), socket))),
            // No descriptor is free. One will be.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(shared: Arc<Shared>, socket: tokio::net::TcpStream) {
    let Ok((socket, handle)) = with_handle(socket) else {
        return;
    };
    let handle = Arc::new(handle);
    let service = service_fn(|request| shared.answer(request, &handle));
    // A client that goes away is not an error, and neither is a response that is broken.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

/// The socket, and a second handle for it, with which its connection can be reset.
fn with_handle(socket: tokio::net::TcpStream) -> io::Result<(tokio::net::TcpStream, TcpStream)> {
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    let handle = socket.try_clone()?;
    Ok((tokio::net::TcpStream::from_std(socket)?, handle))
}

impl Shared {
    async fn answer(
        &self,
        request: Request<Incoming>,
        socket: &Arc<TcpStream>,
    ) -> Result<Response<Body>, Broken> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, KEPT_BODY).collect().await;
        let body = body.map_or_else(|_| Bytes::new(), Collected::to_bytes);
        let (answer, response) = match preflight::granted(&head.method, &head.headers) {
            Some(headers) => (Answer::Preflight, no_content(headers)),
            None => self.play(&head, socket)?,
        };
        self.report(ReceivedRequest {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
            answer,
        });
        Ok(response)
    }

    fn play(
        &self,
        head: &Parts,
        socket: &Arc<TcpStream>,
    ) -> Result<(Answer, Response<Body>), Broken> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if number <= self.settings.refusals {
            return Ok((Answer::Refused(number), self.refusal()));
        }
        let index = answers::find(&self.answers, head.method.as_str(), &head.uri);
        let Some(index) = index else {
            return Ok((Answer::NoRecording, not_found()));
        };
        let (start, response) = self.recorded(&self.answers[index], &head.headers, socket)?;
        Ok((Answer::Recording { index, start }, response))
    }

    fn report(&self, request: ReceivedRequest) {
        match &self.on_request {
            Some(report) => report(&request),
            None => self
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(request),
        }
    }

    fn recorded(
        &self,
        answers: &Answers,
        headers: &HeaderMap,
        socket: &Arc<TcpStream>,
    ) -> Result<(Start, Response<Body>), Broken> {
        let settings = &self.settings;
        let (start, place) = start(headers, answers);
        let timeline = answers.stream.from(place, settings.faults);
        let timeline = timeline.map_err(|_| Broken)?;
        let (socket, totals) = (Arc::clone(socket), Arc::clone(&self.totals));
        let body = body::play(timeline, settings.pace, socket, totals);
        let mut response = Response::new(body.boxed_unsync());
        *response.status_mut() = answers.status;
        let headers = response.headers_mut();
        headers.clone_from(&answers.headers);
        if let Some(content_type) = &settings.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        if settings.faults.is_gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok((start, response))
    }

    fn refusal(&self) -> Response<Body> {
        let mut response = text(self.settings.refusal, "Refused, as was asked for.\n");
        if let Some(value) = &self.settings.retry_after {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, value.clone());
            let exposed = HeaderValue::from_name(RETRY_AFTER);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        response
    }
}

/// The place that a request asks for, in words and in bytes.
fn start(headers: &HeaderMap, answers: &Answers) -> (Start, usize) {
    let Some(id) = headers.get(LAST_EVENT_ID) else {
        return (Start::Beginning, 0);
    };
    let id = String::from_utf8_lossy(id.as_bytes()).into_owned();
    match answers.stream.after(&id) {
        Some(place) => (Start::After(id), place),
        None => (Start::UnknownId(id), 0),
    }
}

fn no_content(headers: HeaderMap) -> Response<Body> {
    let mut response = text(StatusCode::NO_CONTENT, "");
    *response.headers_mut() = headers;
    response
}

fn not_found() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "There is no recording of this.\n")
}

/// Any page may read it.
fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let body = Full::from(text).map_err(Broken::from);
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
