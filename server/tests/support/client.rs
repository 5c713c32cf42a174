//! A client that is not a browser: hyper makes the connection, and esse's parser reads the events.

use std::net::SocketAddr;
use std::pin::Pin;

use axum::body::Body;
use esse_parser::{BodyEvents, OwnedEvent};
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::soon;

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}

/// The events of one response.
pub(crate) struct Events(Pin<Box<dyn Stream<Item = Option<OwnedEvent>> + Send>>);

impl Events {
    /// The response must be an event stream.
    pub(crate) fn of(response: Response<Incoming>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self::of_body(response.into_body())
    }

    /// A broken connection counts as the end.
    pub(crate) fn of_body(body: Incoming) -> Self {
        Self(Box::pin(BodyEvents::new(body).map(Result::ok)))
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<OwnedEvent> {
        soon(self.0.next()).await.flatten()
    }

    /// The data of the next event.
    pub(crate) async fn data(&mut self) -> String {
        self.next().await.expect("an event").data
    }

    pub(crate) async fn rest(mut self) -> Vec<OwnedEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The whole body as text.
pub(crate) async fn text(response: Response<Incoming>) -> String {
    let body = soon(response.into_body().collect()).await.unwrap();
    String::from_utf8(body.to_bytes().into()).unwrap()
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Response<Incoming> {
    send(connect(address).await, request(path)).await
}

pub(crate) async fn get_h2(address: SocketAddr, path: &str) -> Response<Incoming> {
    send_h2(connect(address).await, request(path)).await
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    soon(TcpStream::connect(address)).await.unwrap()
}

pub(crate) fn request(path: &str) -> Request<Body> {
    let request = Request::get(path).header("host", "127.0.0.1");
    request.body(Body::empty()).unwrap()
}

/// Sends the request over HTTP/1.1.
pub(crate) async fn send(io: impl Io, request: Request<Body>) -> Response<Incoming> {
    let (mut sender, connection) = soon(http1::handshake(TokioIo::new(io))).await.unwrap();
    tokio::spawn(connection);
    soon(sender.send_request(request)).await.unwrap()
}

/// Sends the request over HTTP/2 with prior knowledge.
pub(crate) async fn send_h2(io: impl Io, mut request: Request<Body>) -> Response<Incoming> {
    let path = request.uri().path_and_query().unwrap().to_string();
    *request.uri_mut() = format!("http://127.0.0.1{path}").parse().unwrap();
    request.headers_mut().remove("host");
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(io));
    let (mut sender, connection) = soon(handshake).await.unwrap();
    tokio::spawn(connection);
    let response = soon(sender.send_request(request)).await.unwrap();
    // The connection ends with its last sender and stream. Now only the stream keeps it open.
    drop(sender);
    response
}
