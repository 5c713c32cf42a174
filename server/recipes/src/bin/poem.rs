//! An event stream with poem.

use std::io::{Error, Result};

use esse_recipes::{DRAIN_WITHIN, keep_alive_until_stopped, listen, respond};
use esse_server::Hub;
use futures_util::TryStreamExt;
use http_body_util::BodyDataStream;
use http_body_util::combinators::BoxBody;
use poem::listener::TcpAcceptor;
use poem::web::Data;
use poem::{Body, EndpointExt, Request, Response, Route, Server, get, handler};

#[handler]
fn events(Data(hub): Data<&Hub>, request: &Request) -> Response {
    let response = respond(hub, request.headers(), request.uri().query());
    let response = response.map(|body| BodyDataStream::new(body).map_err(Error::other));
    Response::from(response.map(|stream| BoxBody::from(Body::from_bytes_stream(stream))))
}

#[tokio::main]
async fn main() -> Result<()> {
    let hub = esse_recipes::hub();
    let stopped = keep_alive_until_stopped(&hub)?;
    let app = Route::new().at("/events", get(events)).data(hub);
    let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listen()?)?);
    server
        .run_with_graceful_shutdown(app, stopped, Some(DRAIN_WITHIN))
        .await
}
