//! The client of this project, against servers and proxies that go away and come back.
#![cfg(all(unix, feature = "axum"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use esse_client::Item;
use esse_server::{Hub, LastEventId};
use futures_util::Stream;
use futures_util::stream;
use support::esse_client::{client, next, read_until};
use support::nginx::Proxy;
use support::program::installed;
use support::server::{Server, resuming_stream_of};
use support::{numbered, or_return};

const EVENTS: usize = 300;

#[tokio::test]
async fn a_server_that_restarts_loses_and_doubles_nothing() {
    let hub = Hub::new();
    let mut server = Server::start(resuming_stream_of(&hub));
    let address = server.address;
    let mut client = client(plain(), &format!("http://{address}/"));
    let Some(Item::Open(_)) = next(&mut client).await else {
        panic!("it opens first");
    };
    let mut seen = Vec::new();
    for number in 0..EVENTS {
        hub.publish(numbered(number, "head")).unwrap();
        if number % 7 == 0 {
            // Some of what was published has been read, and the rest is on its way.
            read_until(&mut client, &mut seen, number / 2).await;
            server.stop().await;
            server = Server::start_at(address, resuming_stream_of(&hub));
        }
    }
    read_until(&mut client, &mut seen, EVENTS).await;
    let expected: Vec<_> = (0..EVENTS).map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
    assert!(client.connection().attempt().number > 5);
}

/// axum's own events, and a proxy in front that is killed in the middle of the stream.
#[tokio::test]
async fn nginx_that_restarts_loses_and_doubles_nothing() {
    let nginx = or_return!(installed("nginx"));
    let server = Server::start(Router::new().route("/", get(count)));
    let location = format!(
        "location / {{ proxy_pass http://{}; proxy_buffering off; }}",
        server.address
    );
    let mut proxy = Proxy::start(&nginx, &location).await;
    let through = reqwest::Client::builder().unix_socket(proxy.socket());
    let mut client = client(through, "http://proxy.example/");
    let mut seen = Vec::new();
    for part in 1..=5 {
        read_until(&mut client, &mut seen, part * EVENTS / 5).await;
        proxy.restart().await;
    }
    let expected: Vec<_> = (0..EVENTS).map(|number| number.to_string()).collect();
    assert_eq!(seen[..EVENTS], expected);
    assert!(client.connection().attempt().number >= 4);
}

fn plain() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

/// Numbers without end, as axum sends them.
async fn count(id: LastEventId) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = match id {
        LastEventId::Id(id) => id.as_str().parse::<usize>().unwrap() + 1,
        other => {
            assert_eq!(other, LastEventId::None);
            0
        }
    };
    Sse::new(stream::unfold(first, |number| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let event = Event::default()
            .id(number.to_string())
            .data(number.to_string());
        Some((Ok(event), number + 1))
    }))
}
