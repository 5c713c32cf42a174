//! A hub with sinks in axum, on hyper's `http1` connections, and in `serve`.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::serve::Listener;
use esse_encoder::Block;
use esse_server::hyper::CoalescedWrites;
use esse_server::serve::MetricsHandle;
use esse_server::{Hub, KEEP_ALIVE_INTERVAL, Sink, response, serve};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::counted::Counting;
use super::{Counters, Publish, Running};

pub(crate) fn start_axum(listener: TcpListener, keep: usize) -> Publish {
    let hub = hub(keep);
    let app = router(&hub);
    tokio::spawn(async move { axum::serve(Counting(listener), app).await });
    publish(hub)
}

pub(crate) fn start_router(listener: TcpListener, keep: usize) -> Publish {
    let hub = hub(keep);
    let service = TowerToHyperService::new(router(&hub));
    tokio::spawn(accept(Counting(listener), service));
    publish(hub)
}

pub(crate) fn start(listener: TcpListener, keep: usize) -> Publish {
    let hub = hub(keep);
    let subscribe = hub.clone();
    let service = service_fn(move |_| {
        let body = Sink::new(subscribe.subscribe().open());
        std::future::ready(Ok::<_, Infallible>(response(body)))
    });
    tokio::spawn(accept(Counting(listener), service));
    publish(hub)
}

pub(crate) fn start_serve(listener: TcpListener, keep: usize) -> Running {
    let hub = Hub::builder().keep_bytes(keep).build();
    let server = serve(listener, router(&hub)).hub(&hub).until(pending());
    let counters = counters(server.metrics());
    tokio::spawn(server.into_future());
    Running {
        publish: publish(hub),
        counters: Box::new(counters),
    }
}

pub(super) fn counters(metrics: MetricsHandle) -> impl Fn() -> Counters {
    move || {
        let metrics = metrics.read();
        Counters {
            writes: metrics.writes,
            connections: metrics.connections as u64,
            missed: 0,
        }
    }
}

/// The accept loop from the docs of `CoalescedWrites`.
async fn accept<S, B>(mut listener: Counting, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(16 * 1024);
    builder.timer(TokioTimer::new());
    builder.header_read_timeout(Duration::from_secs(10));
    loop {
        let (stream, _) = Listener::accept(&mut listener).await;
        let io = CoalescedWrites::new(TokioIo::new(stream));
        tokio::spawn(builder.serve_connection(io, service.clone()));
    }
}

fn router(hub: &Hub) -> Router {
    Router::new()
        .route("/events", get(events))
        .with_state(hub.clone())
}

async fn events(State(hub): State<Hub>) -> Response {
    response(Body::new(Sink::new(hub.subscribe().open())))
}

fn hub(keep: usize) -> Hub {
    let hub = Hub::builder().keep_bytes(keep).build();
    tokio::spawn(hub.keep_alive(KEEP_ALIVE_INTERVAL, tokio::time::sleep));
    hub
}

fn publish(hub: Hub) -> Publish {
    Arc::new(move |_, texts| {
        let _ = hub.publish_all(texts.into_iter().map(Block::event));
    })
}
