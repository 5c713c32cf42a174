//! Feature `stream`: a client as a stream.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;
use esse_parser::{Chunk, ChunkState, Event, LimitExceeded};
use futures_core::Stream;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use http_body::Body;

use super::chunk_events::ChunkEvents;
use super::ended::Ended;
use super::events::Events;
use super::handle::{Command, Handle};
use super::item::{Item, Reconnecting};
use super::platform::{DECODES_BODIES, MaybeSend, seed, time_of_day};
use super::request;
#[cfg(feature = "tokio")]
use super::request::RequestError;
use super::retry_after::retry_after;
#[cfg(feature = "tokio")]
use super::tokio::TokioTimer;
use super::trace::Trace;
use super::transport::{BoxError, NotSent, Timer, Transport};
use crate::{
    Action, Attempt, Cause, Closed, Connection, Failure, Head, Policy, ReadyState, Resume,
};

/// A client: a stream of what a URL sends, over as many connections as that takes.
///
/// Nothing happens unless it is polled, and dropping it drops the connection: there is no task
/// behind it. `Err` comes once, as the last item, if the client ended for a reason that neither the
/// caller nor the server wanted; then `None`.
#[must_use = "it is a stream: without being polled it does nothing"]
pub struct EventSource<T: Transport, S: Timer> {
    connection: Connection,
    transport: T,
    timer: S,
    /// What each attempt begins with.
    request: http::Request<Bytes>,
    hook: Option<Box<dyn Hook>>,
    terminal: Option<Box<dyn Terminal>>,
    handle: Handle,
    doing: Doing<T>,
    alarm: Option<(Duration, Pin<Box<S::Sleep>>)>,
    /// What the transport said when the connection was lost.
    error: Option<BoxError>,
    /// The head of the last answer, if that was a refusal.
    refusal: Option<Box<http::response::Parts>>,
    /// It is the hook that said it.
    has_hook_failed: bool,
    said: Said,
    trace: Trace,
}

trait Making: Future<Output = Result<http::Request<Bytes>, BoxError>> + MaybeSend {}
impl<T: Future<Output = Result<http::Request<Bytes>, BoxError>> + MaybeSend> Making for T {}

trait Hook: FnMut(&Attempt<'_>, http::Request<Bytes>) -> Pin<Box<dyn Making>> + MaybeSend {}
impl<T: FnMut(&Attempt<'_>, http::Request<Bytes>) -> Pin<Box<dyn Making>> + MaybeSend> Hook for T {}

pub(super) trait Terminal: FnMut(Event<'_>) -> bool + MaybeSend {}
impl<T: FnMut(Event<'_>) -> bool + MaybeSend> Terminal for T {}

/// What is under way.
enum Doing<T: Transport> {
    Nothing,
    Making(Pin<Box<dyn Making>>),
    Sending(Pin<Box<T::Sending>>),
    Reading(Reading<T::Body>),
    Collecting(Pin<Box<T::Body>>),
}

struct Reading<B> {
    body: Pin<Box<B>>,
    chunk: Bytes,
    state: ChunkState,
}

/// What the caller knows of a state that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Waiting,
    Ended,
}

#[cfg(feature = "tokio")]
impl<T: Transport> EventSource<T, TokioTimer> {
    /// A client that sends `GET` requests to `url`, with the timers of tokio.
    ///
    /// # Errors
    /// [`RequestError`] if the URL is not valid.
    pub fn get(transport: T, url: &str) -> Result<Self, RequestError> {
        Ok(Self::request(transport, request::get(url)?))
    }

    /// A client that sends this request, of any method, with the timers of tokio.
    /// `Accept: text/event-stream` and `Cache-Control: no-cache` are added unless the request has
    /// such headers. A header `Last-Event-ID` is what [`Resume::after`] is: the stream goes on after
    /// it, and the next request has the ID of the last event. What is not UTF-8 in it becomes U+FFFD, as in
    /// the ID of an event.
    pub fn request(transport: T, request: http::Request<Bytes>) -> Self {
        Self::with_timer(transport, TokioTimer::new(), request)
    }
}

impl<T: Transport, S: Timer> EventSource<T, S> {
    /// A client that sends this request, with any timer.
    pub fn with_timer(transport: T, timer: S, mut request: http::Request<Bytes>) -> Self {
        let resume = request::take_last_event_id(request.headers_mut());
        let connection = Connection::resume(Policy::standard(), timer.now(), seed(), resume);
        Self {
            connection,
            transport,
            timer,
            trace: Trace::new(&request),
            request,
            hook: None,
            terminal: None,
            handle: Handle::new(),
            doing: Doing::Nothing,
            alarm: None,
            error: None,
            refusal: None,
            has_hook_failed: false,
            said: Said::Nothing,
        }
    }

    /// Sets what to do about ends, failures and silence. Call this before the stream is polled.
    pub fn policy(self, policy: Policy) -> Self {
        let resume = self.connection.to_resume();
        self.resume(policy, resume)
    }

    /// The same, from where another process left off.
    pub fn resume(mut self, policy: Policy, resume: Resume) -> Self {
        self.connection = Connection::resume(policy, self.timer.now(), seed(), resume);
        if self.hook.is_some() {
            self.connection.requests_vary();
        }
        self
    }

    /// Makes the request of each attempt with `hook`, which gets the attempt and the request as it
    /// would be sent, and may change everything about it: the URL, the method, a token, the body.
    pub fn on_attempt<F, R>(mut self, mut hook: F) -> Self
    where
        F: FnMut(&Attempt<'_>, http::Request<Bytes>) -> R + MaybeSend + 'static,
        R: Future<Output = Result<http::Request<Bytes>, BoxError>> + MaybeSend + 'static,
    {
        self.connection.requests_vary();
        self.hook = Some(Box::new(move |attempt, request| {
            Box::pin(hook(attempt, request))
        }));
        self
    }

    /// Says which event ends the stream. The client closes after it, without waiting for the end of
    /// the response (with [`Events::next_chunk`], at its next call). If the policy
    /// [has a terminal event](Policy::has_terminal), an end without it is an error.
    pub fn terminal(
        mut self,
        is_terminal: impl FnMut(Event<'_>) -> bool + MaybeSend + 'static,
    ) -> Self {
        self.terminal = Some(Box::new(is_terminal));
        self
    }

    /// The events alone.
    pub const fn events(self) -> Events<T, S> {
        Events(self)
    }

    /// Returns a handle that closes or restarts this client from elsewhere.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Returns the state machine: the last event ID, and what another process needs to go on.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns why the client has ended, once it has.
    pub fn closed(&self) -> Option<&Closed> {
        match self.connection.action() {
            Action::Close(closed) => Some(closed),
            _ => None,
        }
    }

    #[cfg(feature = "blocking")]
    pub(super) const fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// 9.2.3, "reestablish the connection", step 5: the next request.
    fn begin_attempt(&mut self) {
        self.refusal = None;
        self.connection.begin(self.timer.now());
        let attempt = self.connection.attempt();
        self.trace.attempt(&attempt);
        let mut request = self.request.clone();
        request::set_headers(request.headers_mut(), &attempt);
        match &mut self.hook {
            Some(hook) => self.doing = Doing::Making(hook(&attempt, request)),
            None => self.send(request),
        }
    }

    fn send(&mut self, mut request: http::Request<Bytes>) {
        request::set_length(&mut request);
        self.doing = Doing::Nothing;
        let is_idempotent = request.method().is_idempotent();
        if self.connection.sent(self.timer.now(), is_idempotent) {
            self.doing = Doing::Sending(Box::pin(self.transport.send(request)));
        }
    }

    fn not_sent(&mut self, NotSent { failure, error }: NotSent) {
        self.doing = Doing::Nothing;
        self.error = Some(error);
        self.connection.failed(self.timer.now(), failure);
    }

    /// The head has come. Returns the news if the connection is announced.
    fn head(&mut self, response: http::Response<T::Body>) -> Option<Item> {
        let now = self.timer.now();
        let (parts, body) = response.into_parts();
        let content_type = all_text(&parts.headers, CONTENT_TYPE);
        let content_encoding = if DECODES_BODIES {
            None
        } else {
            all_text(&parts.headers, CONTENT_ENCODING)
        };
        let head = Head {
            status: parts.status.as_u16(),
            content_type: content_type.as_deref(),
            content_encoding: content_encoding.as_deref(),
            location: text(&parts.headers, LOCATION),
            retry_after: retry_after(&parts.headers, time_of_day()),
        };
        self.connection.head(now, &head);
        let body = Box::pin(body);
        match self.connection.action() {
            Action::Read { .. } => {
                self.trace.open();
                self.doing = Doing::Reading(Reading {
                    body,
                    chunk: Bytes::new(),
                    state: ChunkState::default(),
                });
                Some(Item::Open(parts))
            }
            action => {
                self.doing = match action {
                    Action::Collect { .. } => Doing::Collecting(body),
                    _ => Doing::Nothing,
                };
                self.refusal = Some(Box::new(parts));
                None
            }
        }
    }

    /// The next item of the current chunk, in what `wrap` makes of it.
    ///
    /// `wrap` makes what the stream itself returns, and nothing is done with an event once it is
    /// there, so that it is written where it stays. Handed on in one `Option` after another, it is
    /// copied right after it was written: events of 270 bytes take 1.3 times as long.
    #[inline]
    fn next_in_chunk<R>(&mut self, wrap: impl Fn(Item) -> R) -> Option<R> {
        let Doing::Reading(reading) = &mut self.doing else {
            return None;
        };
        if reading.chunk.is_empty() {
            return None;
        }
        let now = self.connection.heard();
        let mut chunk = Chunk::with_state(&reading.chunk, &reading.state);
        if self.connection.wants_items() {
            let item = self.connection.next_item(now, &mut chunk).transpose();
            let Some(item) = item.map(|item| item.map(Item::from)) else {
                reading.chunk = Bytes::new();
                return None;
            };
            chunk.save(&mut reading.state);
            return self.check(item).map(wrap);
        }
        match self.connection.next_owned_event(now, &mut chunk) {
            Ok(Some(event)) => {
                chunk.save(&mut reading.state);
                if self.terminal.is_some() {
                    return self.check(Ok(Item::Event(event))).map(wrap);
                }
                Some(wrap(Item::Event(event)))
            }
            Ok(None) => {
                reading.chunk = Bytes::new();
                None
            }
            Err(error) => {
                chunk.save(&mut reading.state);
                self.check(Err(error)).map(wrap)
            }
        }
    }

    /// What the user gets of what was read. It may end the connection.
    #[inline(never)]
    fn check(&mut self, next: Result<Item, LimitExceeded>) -> Option<Item> {
        match next {
            Ok(item) => {
                if let (Item::Event(event), Some(terminal)) = (&item, &mut self.terminal) {
                    if terminal(event.as_event()) {
                        self.connection.terminal();
                        self.doing = Doing::Nothing;
                        self.update_ready_state();
                    }
                }
                Some(item)
            }
            // Otherwise the error is what the connection is closed with.
            Err(error) => {
                let is_skipped = self.connection.ready_state() == ReadyState::Open;
                is_skipped.then_some(Item::Skipped(error))
            }
        }
    }

    /// The events of the current chunk, if there is one.
    pub(super) fn chunk_events(&mut self) -> Option<ChunkEvents<'_>> {
        let Doing::Reading(Reading { chunk, state, .. }) = &mut self.doing else {
            return None;
        };
        Some(ChunkEvents {
            connection: &mut self.connection,
            handle: &self.handle,
            terminal: self.terminal.as_mut(),
            chunk: match state.position() {
                0 => Chunk::new(chunk),
                _ => Chunk::with_state(chunk, state),
            },
            state,
            delivers: false,
            is_terminated: false,
            is_over: false,
        })
    }

    /// Whether there is something to read in the current chunk.
    fn has_unread(&self) -> bool {
        match &self.doing {
            Doing::Reading(Reading { chunk, state, .. }) => {
                state.position() < chunk.len() && self.connection.ready_state() == ReadyState::Open
            }
            _ => false,
        }
    }

    fn update_ready_state(&self) {
        let ready_state = self.connection.ready_state();
        self.handle.0.set_ready_state(ready_state);
    }
}

impl<T, S> EventSource<T, S>
where
    T: Transport + Unpin,
    S: Timer + Unpin,
{
    /// Obeys a command of the user, and returns the next item of the current chunk in what `wrap`
    /// makes of it.
    #[inline]
    pub(super) fn next_read<R>(&mut self, wrap: impl Fn(Item) -> R) -> Option<R> {
        self.obey_handle();
        self.next_in_chunk(wrap)
    }

    /// Goes on until there is something to read in the current chunk.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), Ended>>> {
        loop {
            self.obey_handle();
            if self.has_unread() {
                return Poll::Ready(Some(Ok(())));
            }
            match self.go_on(cx) {
                Some(Poll::Ready(Some(Err(ended)))) => return Poll::Ready(Some(Err(ended))),
                Some(Poll::Ready(None)) => return Poll::Ready(None),
                Some(Poll::Pending) => return Poll::Pending,
                Some(Poll::Ready(Some(Ok(_)))) | None => {}
            }
        }
    }

    #[inline]
    fn obey_handle(&mut self) {
        if let Some(command) = self.handle.0.take_command() {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        if self.connection.ready_state() == ReadyState::Closed {
            // It has ended before. That cannot be undone, and a caller that closes it wants no error.
            if command == Command::Close {
                let _ = self.ended();
            }
            return;
        }
        self.doing = Doing::Nothing;
        self.error = None;
        match command {
            Command::Close => self.connection.close(),
            Command::Restart => self.connection.restart(self.timer.now()),
        }
    }

    /// Goes on when the chunk has been read. `None`: there may be another.
    #[inline(never)]
    pub(super) fn go_on(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Option<Poll<Option<Result<Item, Ended>>>> {
        let advanced = self.advance(cx);
        self.update_ready_state();
        match advanced {
            Some(Poll::Pending) if !self.handle.0.park(cx.waker()) => None,
            advanced => advanced,
        }
    }

    /// Goes on with what is under way. `None`: it is to be called again.
    fn advance(&mut self, cx: &mut Context<'_>) -> Option<Poll<Option<Result<Item, Ended>>>> {
        let (until, news) = match self.connection.action() {
            Action::Connect { until, .. } => {
                self.said = Said::Nothing;
                (until, self.connect(cx))
            }
            Action::Read { until } => {
                self.said = Said::Nothing;
                (until, self.read(cx))
            }
            Action::Collect { until } => (Some(until), self.collect(cx)),
            Action::Wait { until } => {
                self.doing = Doing::Nothing;
                if self.said == Said::Nothing {
                    self.said = Said::Waiting;
                    return Some(Poll::Ready(Some(Ok(self.reconnecting(until)))));
                }
                (Some(until), Poll::Pending)
            }
            Action::Close(_) => return Some(Poll::Ready(self.ended())),
        };
        match news {
            Poll::Ready(Some(item)) => return Some(Poll::Ready(Some(Ok(item)))),
            Poll::Ready(None) => {}
            Poll::Pending => {
                let Some(until) = until else {
                    return Some(Poll::Pending);
                };
                if self.poll_alarm(cx, until).is_pending() {
                    return Some(Poll::Pending);
                }
                self.elapsed();
            }
        }
        None
    }

    fn connect(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        match &mut self.doing {
            Doing::Making(making) => match making.as_mut().poll(cx) {
                Poll::Ready(Ok(request)) => self.send(request),
                Poll::Ready(Err(error)) => {
                    self.error = Some(error);
                    self.has_hook_failed = true;
                    self.connection.failed(self.timer.now(), Failure::Futile);
                }
                Poll::Pending => return Poll::Pending,
            },
            Doing::Sending(sending) => match sending.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => return Poll::Ready(self.head(response)),
                Poll::Ready(Err(error)) => self.not_sent(error),
                Poll::Pending => return Poll::Pending,
            },
            _ => self.begin_attempt(),
        }
        Poll::Ready(None)
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let Doing::Reading(reading) = &mut self.doing else {
            return Poll::Ready(None);
        };
        match reading.body.as_mut().poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    reading.chunk = bytes;
                    reading.state.begin();
                    self.connection.received(self.timer.now());
                }
            }
            Poll::Ready(Some(Err(error))) => self.not_sent(NotSent {
                failure: Failure::Broken,
                error: error.into(),
            }),
            Poll::Ready(None) => {
                self.doing = Doing::Nothing;
                self.connection.end(self.timer.now());
            }
            Poll::Pending => return Poll::Pending,
        }
        Poll::Ready(None)
    }

    /// Reads the start of a refusal.
    fn collect(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let Doing::Collecting(body) = &mut self.doing else {
            self.connection.end(self.timer.now());
            return Poll::Ready(None);
        };
        match body.as_mut().poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    self.connection.refused(&bytes);
                }
            }
            Poll::Ready(Some(Err(_)) | None) => self.connection.end(self.timer.now()),
            Poll::Pending => return Poll::Pending,
        }
        Poll::Ready(None)
    }

    /// Waits until then. The timer is set anew only when it goes off too early, or would too late.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, until: Duration) -> Poll<()> {
        loop {
            match &mut self.alarm {
                Some((at, sleep)) if *at <= until => {
                    if sleep.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    self.alarm = None;
                    if self.timer.now() >= until {
                        return Poll::Ready(());
                    }
                }
                _ => self.alarm = Some((until, Box::pin(self.timer.sleep_until(until)))),
            }
        }
    }

    /// What is under way has taken too long, or has been waited for.
    fn elapsed(&mut self) {
        self.doing = Doing::Nothing;
        self.connection.elapsed(self.timer.now());
    }

    fn reconnecting(&mut self, until: Duration) -> Item {
        let error = self.error.take();
        let attempt = self.connection.attempt();
        let cause = self.connection.cause().cloned().unwrap_or(Cause::Restart);
        let wait = until.saturating_sub(self.timer.now());
        self.trace.lost(&cause, wait);
        Item::Reconnecting(Reconnecting {
            cause,
            error,
            wait,
            is_id_left_out: attempt.is_id_left_out(),
            attempt: attempt.number.saturating_add(1),
        })
    }

    fn ended(&mut self) -> Option<Result<Item, Ended>> {
        self.doing = Doing::Nothing;
        self.alarm = None;
        if core::mem::replace(&mut self.said, Said::Ended) == Said::Ended {
            return None;
        }
        let error = match self.error.take() {
            Some(error) if self.has_hook_failed => {
                self.trace.hook_failed();
                return Some(Err(Ended::Hook(error)));
            }
            error => error,
        };
        let Action::Close(closed) = self.connection.action() else {
            return None;
        };
        self.trace.ended(closed);
        closed.is_error().then(|| {
            Err(Ended::Closed {
                closed: closed.clone(),
                error,
                refusal: self.refusal.take(),
            })
        })
    }
}

impl<T, S> Stream for EventSource<T, S>
where
    T: Transport + Unpin,
    S: Timer + Unpin,
{
    type Item = Result<Item, Ended>;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let source = self.get_mut();
        loop {
            if let Some(next) = source.next_read(|item| Poll::Ready(Some(Ok(item)))) {
                return next;
            }
            if let Some(next) = source.go_on(cx) {
                return next;
            }
        }
    }
}

impl<T: Transport, S: Timer> fmt::Debug for EventSource<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("method", self.request.method())
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Fetch, "get": the values of all headers with this name, joined with commas.
fn all_text(headers: &HeaderMap, name: HeaderName) -> Option<Cow<'_, str>> {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .map(Cow::Borrowed)
        .reduce(|all, value| format!("{all}, {value}").into())
}
