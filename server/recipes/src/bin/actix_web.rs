//! An event stream with actix-web, whose headers are those of http 0.2.

use actix_web::web::Data;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get};
use esse_recipes::{hub, keep_alive_until_stopped, listen, respond};
use esse_server::last_event_id::LAST_EVENT_ID;
use http_body_util::BodyDataStream;

#[get("/events")]
async fn events(hub: Data<esse_server::Hub>, request: HttpRequest) -> HttpResponse {
    let ids = request.headers().get_all(LAST_EVENT_ID.as_str());
    let ids = ids.flat_map(|id| http::HeaderValue::from_bytes(id.as_bytes()));
    let headers = ids.map(|id| (LAST_EVENT_ID, id)).collect();
    let (head, body) = respond(&hub, &headers, Some(request.query_string())).into_parts();
    let mut response = HttpResponse::build(head.status.as_u16().try_into().unwrap_or_default());
    for (name, value) in &head.headers {
        response.insert_header((name.as_str(), value.as_bytes()));
    }
    response.streaming(BodyDataStream::new(body))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Data::new(hub());
    let stopped = keep_alive_until_stopped(&hub)?;
    let app = move || App::new().app_data(hub.clone()).service(events);
    let server = HttpServer::new(app).shutdown_signal(stopped);
    // Otherwise a closed connection is noticed only when something is sent.
    let server = server.h1_allow_half_closed(false).shutdown_timeout(5);
    server.listen(listen()?.into_std()?)?.run().await
}
