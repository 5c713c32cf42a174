//! `contract [--tower] [PORT]` is the test service for the sse-contract-tests of `LaunchDarkly`: they
//! ask it over HTTP for clients, play the server of each, and are called back with what it saw.
//! `scripts/contract` runs them.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::exit;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header::LOCATION};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use esse_client::parser::Limits;
use esse_client::reqwest::same_origin;
use esse_client::{
    BoxError, Cause, EventSource, Failure, Handle, Item, Policy, Replay, Resume, TokioTimer, Tower,
    Transport,
};
use futures_util::StreamExt;
use http_body_util::Full;
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_layer::Layer;

const CAPABILITIES: [&str; 9] = [
    "bom",
    "comments",
    "headers",
    "last-event-id",
    "post",
    "read-timeout",
    "report",
    "restart",
    "server-directed-shutdown-request",
];

#[derive(Clone, Default)]
struct Service {
    over_tower: bool,
    clients: Arc<Mutex<HashMap<usize, Handle>>>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut service = Service::default();
    let mut port = 8000;
    for argument in std::env::args().skip(1) {
        match &*argument {
            "--tower" => service.over_tower = true,
            number => port = number.parse()?,
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
    let app = Router::new()
        .route("/", get(status).post(create).delete(stop))
        .route("/clients/{number}", post(command).delete(close))
        .with_state(service);
    Ok(axum::serve(listener, app).await?)
}

async fn status() -> Json<Value> {
    Json(json!({ "capabilities": CAPABILITIES }))
}

async fn stop() {
    exit(0);
}

async fn create(State(service): State<Service>, Json(wanted): Json<Value>) -> impl IntoResponse {
    let started = if service.over_tower {
        start(over_tower(), &wanted)
    } else {
        over_reqwest().and_then(|transport| start(transport, &wanted))
    };
    match started {
        Ok(handle) => {
            let mut clients = service
                .clients
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let number = clients.len();
            clients.insert(number, handle);
            Ok((
                StatusCode::CREATED,
                [(LOCATION, format!("/clients/{number}"))],
            ))
        }
        Err(error) => Err((StatusCode::BAD_REQUEST, error.to_string())),
    }
}

async fn command(
    State(service): State<Service>,
    Path(number): Path<usize>,
    Json(command): Json<Value>,
) -> StatusCode {
    let clients = service
        .clients
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match (clients.get(&number), command["command"].as_str()) {
        (None, _) => return StatusCode::NOT_FOUND,
        (Some(handle), Some("restart")) => handle.restart(),
        // A client hands out events of every type.
        (Some(_), Some("listen")) => {}
        (Some(_), _) => return StatusCode::BAD_REQUEST,
    }
    StatusCode::ACCEPTED
}

async fn close(State(service): State<Service>, Path(number): Path<usize>) -> StatusCode {
    let clients = service
        .clients
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match clients.get(&number) {
        Some(handle) => handle.close(),
        None => return StatusCode::NOT_FOUND,
    }
    StatusCode::NO_CONTENT
}

fn over_reqwest() -> Result<reqwest::Client, BoxError> {
    let client = reqwest::Client::builder().redirect(same_origin());
    Ok(client.no_proxy().build()?)
}

fn over_tower() -> impl Transport<Body: Send, Sending: Send> + Unpin + Send + 'static {
    let client = Hyper::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = FollowRedirectLayer::new().layer(client);
    Tower::new(client).failures(|error| {
        if error.is_connect() {
            Failure::Unreachable
        } else {
            Failure::Broken
        }
    })
}

/// Starts a client with its own task, which ends when the client is closed.
fn start<T>(transport: T, wanted: &Value) -> Result<Handle, BoxError>
where
    T: Transport<Body: Send, Sending: Send> + Unpin + Send + 'static,
{
    let text = |name: &str| wanted[name].as_str();
    let callback = text("callbackUrl").ok_or("callbackUrl is missing")?;
    let resume = Resume::after(text("lastEventId").unwrap_or_default());
    let source = EventSource::request(transport, request(wanted)?).resume(policy(wanted), resume);
    let handle = source.handle();
    tokio::spawn(report(source, callback.to_owned()));
    Ok(handle)
}

fn request(wanted: &Value) -> Result<Request<Bytes>, BoxError> {
    let url = wanted["streamUrl"].as_str();
    let body = wanted["body"].as_str().unwrap_or_default().to_owned();
    let mut request = Request::builder()
        .method(wanted["method"].as_str().unwrap_or("GET"))
        .uri(url.ok_or("streamUrl is missing")?)
        .body(Bytes::from(body))?;
    for (name, value) in wanted["headers"].as_object().unwrap_or(&Map::new()) {
        let value = value.as_str().ok_or("a header is not text")?;
        let (name, value) = (HeaderName::try_from(name)?, HeaderValue::from_str(value)?);
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

fn policy(wanted: &Value) -> Policy {
    let time = |name: &str| wanted[name].as_u64().map(Duration::from_millis);
    let policy = Policy::standard()
        .items(true)
        .limits(Limits::DEFAULT.with_data(64 << 20))
        .replay(Replay::Always)
        .idle_timeout(time("readTimeoutMs"));
    match time("initialDelayMs") {
        Some(delay) => policy.reconnection_time(delay),
        None => policy,
    }
}

/// Calls back with what a user would see. An ordinary end is not an error.
async fn report<T: Transport + Unpin>(mut source: EventSource<T, TokioTimer>, callback: String) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap_or_default();
    let mut number = 0;
    while let Some(item) = source.next().await {
        let message = match item {
            Ok(Item::Event(event)) => json!({
                "kind": "event",
                "event": { "type": event.event_type, "data": event.data, "id": event.last_event_id },
            }),
            Ok(Item::Comment(text)) => json!({ "kind": "comment", "comment": text }),
            Ok(Item::Reconnecting(news)) if matches!(news.cause, Cause::Idle { .. }) => {
                json!({ "kind": "error", "error": news.cause.to_string() })
            }
            Err(error) => json!({ "kind": "error", "error": error.to_string() }),
            Ok(_) => continue,
        };
        number += 1;
        let call = client.post(format!("{callback}/{number}"));
        // If nobody listens any more, the client is about to be closed.
        let _ = call.body(message.to_string()).send().await;
    }
}
