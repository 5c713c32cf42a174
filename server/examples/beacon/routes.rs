//! The routes.

use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use esse_encoder::Block;
use esse_server::{Hub, LastEventId, OPEN_METRICS, Sink, UnknownTopic};

use crate::topics;

/// The page, with a placeholder for the topics.
const PAGE: &str = include_str!("page.html");
const TOPICS: &str = "{{topics}}";
/// The reconnection time after a lost connection.
const RETRY: Duration = Duration::from_secs(1);

pub(crate) fn router(hub: Hub) -> Router {
    let page = PAGE.replace(TOPICS, &topics::names().join(","));
    Router::new()
        .route("/", get(Html(page)))
        .route("/eth/v1/events", get(events))
        .route("/metrics", get(metrics_text))
        .with_state(hub)
}

async fn events(
    State(hub): State<Hub>,
    Query(query): Query<Vec<(String, String)>>,
    id: LastEventId,
) -> Result<Response, BadRequest> {
    let topics = topics::from_query(&query).map_err(BadRequest)?;
    let subscriber = hub.subscribe().topics(topics).last_event_id(id).open();
    let body = Sink::new(subscriber).begin_with(&Block::new().retry(RETRY));
    Ok(body.into_response())
}

async fn metrics_text(State(hub): State<Hub>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], hub.metrics().open_metrics())
}

/// The error of the Beacon API: `{"code":400,"message":"…"}`.
struct BadRequest(UnknownTopic);

impl IntoResponse for BadRequest {
    fn into_response(self) -> Response {
        let code = StatusCode::BAD_REQUEST;
        let error = serde_json::json!({ "code": code.as_u16(), "message": self.0.to_string() });
        (code, Json(error)).into_response()
    }
}
