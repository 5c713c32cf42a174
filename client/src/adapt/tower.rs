//! Feature `tower`: requests go out with any service of the tower ecosystem.

use core::error::Error;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::Bytes;
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::transport::{BoxError, NotSent, Transport};
use crate::Failure;

/// A [`Transport`] over a service that answers HTTP requests: hyper-util's client, with or without
/// layers for tokens, proxies or traces.
///
/// The service is cloned for each request. The body of a request is anything that can be made from
/// `Bytes`, such as `http_body_util::Full<Bytes>`.
///
/// hyper-util's client does not follow redirects. A redirect is an answer, and ends the client with
/// [`Closed::Refused`](crate::Closed::Refused), which has the `location`.
///
#[cfg_attr(feature = "tokio", doc = "```")]
#[cfg_attr(not(feature = "tokio"), doc = "```ignore")]
/// use bytes::Bytes;
/// use esse_client::{EventSource, Failure, Tower};
/// use http_body_util::Full;
/// use hyper_util::client::legacy::Client;
/// use hyper_util::rt::TokioExecutor;
///
/// let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
/// let transport = Tower::new(client).failures(|error| {
///     if error.is_connect() {
///         Failure::Unreachable
///     } else {
///         Failure::Broken
///     }
/// });
/// let source = EventSource::get(transport, "http://localhost:3000/events")?;
/// # Ok::<(), esse_client::RequestError>(())
/// ```
pub struct Tower<S, B>
where
    S: Service<http::Request<B>>,
{
    service: S,
    failures: Option<Failures<S::Error>>,
}

type Failures<E> = fn(&E) -> Failure;

impl<S, B> Tower<S, B>
where
    S: Service<http::Request<B>>,
{
    /// Sends requests with clones of this service.
    pub const fn new(service: S) -> Self {
        Self {
            service,
            failures: None,
        }
    }

    /// Says what an error of the service means. This matters for requests that are not idempotent:
    /// they may be sent again after [`Failure::Unreachable`].
    ///
    /// Without this, an error with a refused connection among its sources is
    /// [`Failure::Unreachable`], and any other is [`Failure::Broken`].
    #[must_use]
    pub fn failures(self, failures: fn(&S::Error) -> Failure) -> Self {
        Self {
            failures: Some(failures),
            ..self
        }
    }
}

impl<S, B, R> Transport for Tower<S, B>
where
    S: Service<http::Request<B>, Response = http::Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: From<Bytes>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    type Body = R;
    type Sending = Sending<S, B>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        Sending {
            service: self.service.clone(),
            request: Some(request.map(B::from)),
            answer: None,
            failures: self.failures,
        }
    }
}

impl<S, B> fmt::Debug for Tower<S, B>
where
    S: Service<http::Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tower").finish_non_exhaustive()
    }
}

pin_project! {
    /// A request on its way through a service. Made by [`Tower`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Sending<S, B>
    where
        S: Service<http::Request<B>>,
    {
        service: S,
        // Until the service is ready.
        request: Option<http::Request<B>>,
        #[pin]
        answer: Option<S::Future>,
        failures: Option<Failures<S::Error>>,
    }
}

impl<S, B> Future for Sending<S, B>
where
    S: Service<http::Request<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, NotSent>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let failures = *this.failures;
        if this.request.is_some() {
            let ready = ready!(this.service.poll_ready(cx));
            if let Err(error) = ready {
                return Poll::Ready(Err(not_sent(error, failures)));
            }
            if let Some(request) = this.request.take() {
                this.answer.set(Some(this.service.call(request)));
            }
        }
        match this.answer.as_pin_mut() {
            Some(answer) => answer.poll(cx).map_err(|error| not_sent(error, failures)),
            None => Poll::Pending,
        }
    }
}

impl<S, B> fmt::Debug for Sending<S, B>
where
    S: Service<http::Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

fn not_sent<E: Into<BoxError>>(error: E, failures: Option<Failures<E>>) -> NotSent {
    let known = failures.map(|failures| failures(&error));
    let error = error.into();
    let failure = known.unwrap_or_else(|| {
        if is_refused(&*error) {
            Failure::Unreachable
        } else {
            Failure::Broken
        }
    });
    NotSent { failure, error }
}

/// Whether no connection was made. Other errors of sockets may also end one that was.
fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let refused = io::ErrorKind::ConnectionRefused;
    let mut sources = core::iter::successors(Some(error), |error| (*error).source());
    sources.any(|error| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == refused)
    })
}
