//! Responses that break off: what came before reaches the client.

use std::io;

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use axum::routing::any;
use esse_encoder::{Block, Frame};
use esse_server::{Sink, TryFrames};
use futures_util::{Stream, stream};
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;

use crate::client::Server;
use crate::support::client::{connect, get_h2, request, send};
use crate::support::soon;

/// Five events, and then the error.
async fn events() -> Sink<impl Stream<Item = Frame>> {
    let events = (0..5).map(|n| Ok(Block::event(n.to_string()).to_frame()));
    let answer = events.chain([Err("upstream is gone")]);
    Sink::new(TryFrames::new(stream::iter(answer)))
}

/// The same from a body of another kind.
async fn bytes() -> Body {
    let events = (0..5).map(|n| Ok(format!("data: {n}\n\n")));
    Body::from_stream(stream::iter(events.chain([Err(io::Error::other("gone"))])))
}

fn app() -> Router {
    Router::new()
        .route("/events", any(events))
        .route("/bytes", any(bytes))
}

/// Up to the error.
async fn read(response: Response<Incoming>) -> String {
    let (mut body, mut read) = (response.into_body(), Vec::new());
    while let Ok(frame) = soon(body.frame()).await.expect("an error at the end") {
        read.extend(frame.into_data().unwrap());
    }
    String::from_utf8(read).unwrap()
}

const EVENTS: &str = "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n";

/// A task of its own sends each response, so nothing else says when the connection has written it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_came_before_arrives() {
    let server = Server::start_app(|_| app()).await;
    for (path, begin) in [("/events", ": \n\n"), ("/bytes", "")] {
        let expected = format!("{begin}{EVENTS}");
        for _ in 0..100 {
            assert_eq!(read(get_h2(server.at, path).await).await, expected);
        }
        // Parked if it is a GET and an event stream.
        for method in [Method::GET, Method::POST] {
            let mut request = request(path);
            *request.method_mut() = method;
            let response = send(connect(server.at).await, request).await;
            assert_eq!(read(response).await, expected);
        }
    }
}
