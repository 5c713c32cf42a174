//! Feature `wasm`: the client in a browser, with reqwest over `fetch` and the timers of the page.

use alloc::boxed::Box;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use ::reqwest::{Client, Request, RequestBuilder};
use bytes::Bytes;
use futures_core::Stream;
use gloo_timers::future::TimeoutFuture;
use http::header::CACHE_CONTROL;
use http_body::{Body, Frame};
use web_time::Instant;

use super::transport::{NotSent, Timer, Transport};
use crate::Failure;

/// The cache mode is "no-store" in place of `Cache-Control: no-cache`, as for the browser's own
/// `EventSource`: such a header of one's own needs the consent of a server of another origin. So does
/// `Last-Event-ID`: such a server must name it in `Access-Control-Allow-Headers`.
///
/// The browser follows redirects, and gives no reason for a failed request: it is
/// [`Failure::Broken`].
impl Transport for Client {
    type Body = Fetched;
    type Sending = Pin<Box<dyn Future<Output = Result<http::Response<Fetched>, NotSent>>>>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        let client = self.clone();
        Box::pin(async move { fetch(client, request).await.map_err(not_sent) })
    }
}

async fn fetch(
    client: Client,
    mut request: http::Request<Bytes>,
) -> Result<http::Response<Fetched>, ::reqwest::Error> {
    let headers = request.headers_mut();
    if headers
        .get(CACHE_CONTROL)
        .is_some_and(|value| value == "no-cache")
    {
        headers.remove(CACHE_CONTROL);
    }
    let request = Request::try_from(request)?;
    let request = RequestBuilder::from_parts(client, request).fetch_cache_no_store();
    let mut fetched = request.send().await?;
    let mut response = http::Response::new(());
    *response.status_mut() = fetched.status();
    core::mem::swap(response.headers_mut(), fetched.headers_mut());
    Ok(response.map(|()| Fetched(Box::pin(fetched.bytes_stream()))))
}

fn not_sent(error: ::reqwest::Error) -> NotSent {
    let failure = if error.is_builder() {
        Failure::Futile
    } else {
        Failure::Broken
    };
    NotSent {
        failure,
        error: error.into(),
    }
}

/// The body of a response that the browser fetched.
pub struct Fetched(Pin<Box<dyn Stream<Item = ::reqwest::Result<Bytes>>>>);

impl Body for Fetched {
    type Data = Bytes;
    type Error = ::reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<::reqwest::Result<Frame<Bytes>>>> {
        let next = self.0.as_mut().poll_next(cx);
        next.map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fetched").finish_non_exhaustive()
    }
}

/// The clock and the timers of the page.
#[derive(Clone, Copy, Debug)]
pub struct WebTimer {
    start: Instant,
}

impl WebTimer {
    /// Returns a clock that begins now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for WebTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer for WebTimer {
    type Sleep = TimeoutFuture;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&self, until: Duration) -> TimeoutFuture {
        /// `setTimeout` takes no more. The client sleeps again if a timer goes off early.
        const MOST: u32 = i32::MAX as u32;

        let span = until.saturating_sub(self.now());
        // Up, since the client would otherwise wake up a little early.
        let milliseconds = span.as_nanos().div_ceil(1_000_000);
        TimeoutFuture::new(u32::try_from(milliseconds).map_or(MOST, |span| span.min(MOST)))
    }
}
