//! An event stream with salvo.

use esse_recipes::{DRAIN_WITHIN, hub, keep_alive_until_stopped, listen, respond};
use esse_server::Hub;
use futures_util::FutureExt;
use http_body_util::BodyDataStream;
use salvo::conn::tcp::TcpAcceptor;
use salvo::{Request, Response, Router, Server, handler};

struct Events(Hub);

#[handler]
impl Events {
    fn handle(&self, request: &mut Request, answer: &mut Response) {
        let response = respond(&self.0, request.headers(), request.uri().query());
        let body = |body| salvo::http::ResBody::stream(BodyDataStream::new(body));
        *answer = response.map(body).into();
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = hub();
    let stopped = keep_alive_until_stopped(&hub)?;
    let server = Server::new(TcpAcceptor::try_from(listen()?)?);
    let handle = server.handle();
    tokio::spawn(stopped.map(move |()| handle.stop_graceful(DRAIN_WITHIN)));
    let events = Router::with_path("events").get(Events(hub));
    server.try_serve(events).await
}
