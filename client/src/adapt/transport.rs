//! What the client needs from the outside: a way to send requests, and a clock.

use alloc::boxed::Box;
use core::error::Error;
use core::future::Future;
use core::time::Duration;

use bytes::Bytes;
use http_body::Body;

use crate::Failure;

/// An error of a transport or of a hook.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Sends requests.
pub trait Transport {
    /// The body of a response.
    type Body: Body<Data = Bytes, Error: Into<BoxError>>;

    /// The response, once its head is there.
    type Sending: Future<Output = Result<http::Response<Self::Body>, NotSent>>;

    /// Sends the request. If what this returns is dropped, so is the connection.
    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending;
}

/// Why there is no response.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct NotSent {
    /// Whether sending it again makes sense, and repeats anything.
    pub failure: Failure,
    /// What the transport says.
    pub error: BoxError,
}

/// A clock that can wait.
pub trait Timer {
    /// Ends at a certain time.
    type Sleep: Future<Output = ()>;

    /// The time since a moment that stays the same.
    fn now(&self) -> Duration;

    /// Waits until [`now`](Self::now) is `until`.
    fn sleep_until(&self, until: Duration) -> Self::Sleep;
}
