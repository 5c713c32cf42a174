//! For axum: a [`Sink`] is a response, and [`LastEventId`] an extractor. Feature `axum`.

use std::convert::Infallible;

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use esse_encoder::Frame;
use futures_core::Stream;
use http::request::Parts;

use crate::last_event_id::{LastEventId, last_event_id};
use crate::response::response;
use crate::sink::Sink;

/// The response has the headers of [`response`](response()). To change them, start from that.
impl<S> IntoResponse for Sink<S>
where
    S: Stream<Item = Frame> + Send + 'static,
{
    fn into_response(self) -> Response {
        response(Body::new(self))
    }
}

/// From the header `Last-Event-ID`, or else from the query. It never refuses a request.
///
/// ```
/// use axum::extract::State;
/// use axum::response::IntoResponse;
/// use esse_server::{Hub, LastEventId, Sink};
///
/// async fn events(State(hub): State<Hub>, id: LastEventId) -> impl IntoResponse {
///     Sink::new(hub.subscribe().last_event_id(id).open())
/// }
///
/// let app: axum::Router = axum::Router::new()
///     .route("/events", axum::routing::get(events))
///     .with_state(Hub::new());
/// ```
impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(last_event_id(&parts.headers).or_query(parts.uri.query()))
    }
}
