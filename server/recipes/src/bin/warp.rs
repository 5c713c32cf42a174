//! An event stream with warp. Its bodies must be `Sync`, and its graceful shutdown has no limit.

use esse_recipes::{DRAIN_WITHIN, hub, keep_alive_until_stopped, listen, respond};
use futures_util::FutureExt;
use http_body_util::BodyDataStream;
use sync_wrapper::SyncStream;
use warp::Filter;
use warp::http::HeaderMap;
use warp::reply::{Reply, stream};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = hub();
    let stopped = keep_alive_until_stopped(&hub)?.shared();
    let events = warp::path!("events").and(warp::header::headers_cloned());
    let events = events.and(warp::query::raw());
    let events = events.map(move |headers: HeaderMap, query: String| {
        let stream = |body| stream(SyncStream::new(BodyDataStream::new(body)));
        let response = respond(&hub, &headers, Some(&query));
        response.map(|body| stream(body).into_response().into_body())
    });
    let server = warp::serve(events).incoming(listen()?);
    tokio::select! {
        () = server.graceful(stopped.clone()).run() => {}
        () = stopped.then(|()| tokio::time::sleep(DRAIN_WITHIN)) => {}
    }
    Ok(())
}
