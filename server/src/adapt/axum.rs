//! For axum: a [`Sink`] is a response, and [`LastEventId`] an extractor. Feature `axum`.

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use esse_encoder::{EventId, Frame};
use futures_core::Stream;
use http::StatusCode;
use http::request::Parts;

use crate::last_event_id::{InvalidLastEventId, last_event_id};
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

/// The request's `Last-Event-ID`, if it has one, as [`last_event_id`](last_event_id()) reads it. An
/// invalid one is answered with status 400.
///
/// ```
/// use axum::extract::State;
/// use axum::response::IntoResponse;
/// use esse_server::axum::LastEventId;
/// use esse_server::{Hub, Sink};
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
