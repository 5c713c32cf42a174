//! `Refusal`: a request that gets no stream.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

use crate::response::InvalidLastEventId;

/// The response to a request that gets no event stream: what the hook of
/// [`Direct::on_request`](crate::Direct::on_request) refuses with.
///
/// Any response with a body of bytes is one, a status alone is, and `?` makes one of what
/// [`last_event_id`](crate::last_event_id) finds wrong.
///
/// ```
/// use esse_server::Refusal;
/// use http::{Response, StatusCode};
///
/// let unknown = Refusal::from(StatusCode::NOT_FOUND);
/// let asked = Refusal::text(StatusCode::BAD_REQUEST, "unknown topic");
/// let enough = Refusal::from(esse_server::stop("")); // status 204: do not come again
/// let elsewhere = Refusal::from(
///     Response::builder().status(307).header("location", "/events").body("").unwrap(),
/// );
/// ```
// Boxed: it is the error of a `Result` that every hook returns.
pub struct Refusal(Box<Response<Bytes>>);

impl Refusal {
    /// A status with a sentence for whoever reads it.
    ///
    /// ```
    /// use esse_server::Refusal;
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

    /// What is sent, but for the header fields that belong to the connection.
    ///
    /// ```
    /// use esse_server::Refusal;
    /// use http::StatusCode;
    ///
    /// let refusal = Refusal::from(StatusCode::NOT_FOUND);
    /// assert_eq!(refusal.response().status(), 404);
    /// ```
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

/// Status 400.
impl From<InvalidLastEventId> for Refusal {
    fn from(invalid: InvalidLastEventId) -> Self {
        Self::text(StatusCode::BAD_REQUEST, invalid.to_string())
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refusal").field(&self.0).finish()
    }
}
