//! An event stream with hyper, in an accept loop of its own. It answers every path.

use esse_recipes::{DRAIN_WITHIN, hub, keep_alive_until_stopped, listen, respond};
use esse_server::hyper::CoalescedWrites;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (hub, listener, connections) = (hub(), listen()?, GracefulShutdown::new());
    let mut stopped = std::pin::pin!(keep_alive_until_stopped(&hub)?);
    loop {
        let (io, _) = tokio::select! { io = listener.accept() => io?, () = &mut stopped => break };
        let hub = hub.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let response = respond(&hub, request.headers(), request.uri().query());
            std::future::ready(Ok::<_, std::convert::Infallible>(response))
        });
        // With a timer, hyper gives a client 30 seconds for the head of its request.
        let mut http = http1::Builder::new();
        let http = http.timer(TokioTimer::new());
        let connection = http.serve_connection(CoalescedWrites::new(TokioIo::new(io)), service);
        tokio::spawn(connections.watch(connection));
    }
    let _ = tokio::time::timeout(DRAIN_WITHIN, connections.shutdown()).await;
    Ok(())
}
