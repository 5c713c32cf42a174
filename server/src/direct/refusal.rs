//! `Refusal`: the answer to a request that gets no stream.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

/// The response to a request that gets no event stream, from the function given to
/// [`Direct::on_request`](super::Direct::on_request).
///
/// It is made from a status, or from any response with a body of bytes. `?` makes one from the
/// error of [`last_event_id`](crate::last_event_id()).
///
/// ```
/// use esse_server::direct::Refusal;
/// use http::{Response, StatusCode};
///
/// let unknown = Refusal::from(StatusCode::NOT_FOUND);
/// let asked = Refusal::text(StatusCode::BAD_REQUEST, "unknown topic");
/// let enough = Refusal::from(esse_server::no_content("")); // status 204: do not reconnect
/// let elsewhere = Refusal::from(
///     Response::builder().status(307).header("location", "/events").body("").unwrap(),
/// );
/// assert_eq!(elsewhere.response().status(), 307);
/// ```
// Boxed, because it is the error of a `Result` that every request returns.
pub struct Refusal(Box<Response<Bytes>>);

impl Refusal {
    /// A status with a plain text.
    ///
    /// ```
    /// use esse_server::direct::Refusal;
    /// use http::StatusCode;
    ///
    /// let refusal = Refusal::text(StatusCode::UNAUTHORIZED, "log in first");
    /// assert_eq!(refusal.response().body(), "log in first");
    /// ```
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        let mut response = Response::new(Bytes::from(text.into()));
        *response.status_mut() = status;
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        response.into()
    }

    /// The response. The header fields that belong to the connection are not sent.
    pub fn response(&self) -> &Response<Bytes> {
        &self.0
    }
}

impl<B: Into<Bytes>> From<Response<B>> for Refusal {
    fn from(response: Response<B>) -> Self {
        Self(Box::new(response.map(Into::into)))
    }
}

impl From<Refusal> for Response<Bytes> {
    fn from(refusal: Refusal) -> Self {
        *refusal.0
    }
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        response.into()
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refusal").field(&self.0).finish()
    }
}
