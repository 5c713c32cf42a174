//! For axum. Feature `axum`.

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use esse_encoder::{EventId, Frame};
use futures_core::Stream;
use http::StatusCode;
use http::request::Parts;

use crate::response::{InvalidLastEventId, last_event_id, response};
use crate::sink::Sink;

/// With the headers of [`response`]. For others, build on that.
impl<S> IntoResponse for Sink<S>
where
    S: Stream<Item = Frame> + Send + 'static,
{
    fn into_response(self) -> Response {
        response(Body::new(self))
    }
}

/// The request's `Last-Event-ID`, as [`last_event_id`] reads it; `None` where it has none. One
/// that cannot be an ID is answered with status 400.
///
/// ```
/// use axum::extract::State;
/// use axum::response::IntoResponse;
/// use esse_server::{Hub, LastEventId, Sink};
///
/// async fn events(State(hub): State<Hub>, LastEventId(id): LastEventId) -> impl IntoResponse {
///     Sink::new(hub.subscribe().last_event_id(id).open())
/// }
///
/// let app: axum::Router = axum::Router::new()
///     .route("/events", axum::routing::get(events))
///     .with_state(Hub::new());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastEventId(pub Option<EventId>);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = InvalidLastEventId;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        last_event_id(&parts.headers).map(Self)
    }
}

impl IntoResponse for InvalidLastEventId {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.to_string()).into_response()
    }
}
