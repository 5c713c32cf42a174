//! The compression layer of tower-http does not delay events.
//!
//! By default it leaves event streams alone. If the application makes it compress them, it flushes
//! whenever the stream has nothing more to give: each event arrives at once, and a stream of many
//! similar events takes a fraction of the bytes. The cost is a compressor for each response, while
//! uncompressed responses share the bytes of one frame.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::io::Write;

use axum::body::Body;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use esse_server::Hub;
use flate2::write::GzDecoder;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use support::client::{Events, connect, request, send, send_h2};
use support::server::{Server, stream_of};
use support::{numbered, soon};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

#[tokio::test]
async fn by_default_event_streams_are_not_compressed() {
    let hub = Hub::new();
    let server = Server::start(stream_of(&hub).layer(CompressionLayer::new()));
    let response = send(connect(server.address).await, accepting_gzip()).await;
    assert_eq!(response.headers().get("content-encoding"), None);
    let mut events = Events::of(response);
    for number in 0..20 {
        hub.publish(numbered(number, "head")).unwrap();
        assert_eq!(events.data().await, number.to_string());
    }
}

#[tokio::test]
async fn compressed_by_force_events_come_one_by_one_all_the_same() {
    let hub = Hub::new();
    let compression = CompressionLayer::new().compress_when(always());
    let server = Server::start(stream_of(&hub).layer(compression));
    let http1 = send(connect(server.address).await, accepting_gzip()).await;
    let http2 = send_h2(connect(server.address).await, accepting_gzip()).await;
    for response in [http1, http2] {
        assert_eq!(response.headers()["content-encoding"], "gzip");
        let mut plain = Plain::of(response.into_body());
        plain.read_to(": \n\n").await;
        for number in 0..20 {
            hub.publish(numbered(number, "head")).unwrap();
            plain
                .read_to(&format!("data: {number}\nid: día {number} ✓\n\n"))
                .await;
        }
    }
}

fn always() -> impl Predicate {
    |_: StatusCode, _: Version, _: &HeaderMap, _: &Extensions| true
}

fn accepting_gzip() -> hyper::Request<Body> {
    let mut request = request("/");
    let gzip = "gzip".parse().unwrap();
    request.headers_mut().insert("accept-encoding", gzip);
    request
}

/// A body, decompressed as far as it has arrived.
struct Plain {
    body: Incoming,
    decoder: GzDecoder<Vec<u8>>,
}

impl Plain {
    fn of(body: Incoming) -> Self {
        Self {
            body,
            decoder: GzDecoder::new(Vec::new()),
        }
    }

    /// Reads until the text so far ends like this.
    async fn read_to(&mut self, end: &str) {
        while !self.decoder.get_ref().ends_with(end.as_bytes()) {
            let frame = soon(self.body.frame()).await.unwrap().unwrap();
            self.decoder.write_all(frame.data_ref().unwrap()).unwrap();
            self.decoder.flush().unwrap();
        }
    }
}
