//! The client over hyper-util's client and a layer, against a server on loopback.
#![cfg(all(feature = "tower", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use esse_client::{Closed, Ended, EventSource, Failure, Item, Tower};
use futures_util::{StreamExt, TryStreamExt};
use http::header::{AUTHORIZATION, HeaderValue};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use support::{HEAD, NO_CONTENT, nobody, server};
use tower_http::set_header::SetRequestHeaderLayer;
use tower_layer::Layer;

fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

#[tokio::test]
async fn it_resumes_through_a_layer_that_sets_a_token() {
    let (url, requests) = server(vec![
        format!("{HEAD}retry: 10\nid: …\ndata: a\n\nid: 2\ndata: cut"),
        format!("{HEAD}data: b\n\n"),
        NO_CONTENT.into(),
    ]);
    let token = HeaderValue::from_static("Bearer secret");
    let service = SetRequestHeaderLayer::overriding(AUTHORIZATION, token).layer(client());
    let source = EventSource::get(Tower::new(service), &url).unwrap();
    let events = source.events().map_ok(|event| event.data);
    let data: Vec<_> = events.try_collect().await.unwrap();
    assert_eq!(data, ["a", "b"]);
    let requests = requests.join().unwrap();
    let ids = requests
        .iter()
        .map(|request| request.contains("last-event-id: …\r\n"));
    assert_eq!(ids.collect::<Vec<_>>(), [false, true, true]);
    for request in requests {
        assert!(
            request.contains("authorization: Bearer secret\r\n"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let redirect =
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let (url, _) = server(vec![redirect.into()]);
    let source = EventSource::get(Tower::new(client()), &url).unwrap();
    let Err(Ended::Closed { closed, .. }) = source.try_collect::<Vec<_>>().await else {
        panic!("a redirect that was followed");
    };
    let Closed::Refused { answer, location } = closed else {
        panic!("{closed:?}");
    };
    assert_eq!((answer.status, location.as_deref()), (307, Some("/there")));
}

/// The news after the first attempt, which fails.
async fn first_loss(
    transport: Tower<Client<HttpConnector, Full<Bytes>>, Full<Bytes>>,
    url: &str,
) -> String {
    let mut source = EventSource::get(transport, url).unwrap();
    match source.next().await {
        Some(Ok(Item::Reconnecting(news))) => {
            assert!(news.error.is_some());
            news.cause.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_an_error_means_is_read_from_its_sources_unless_the_caller_says_it() {
    let (unreachable, broken) = ("the server cannot be reached", "the connection broke");
    let gone = nobody();
    assert_eq!(first_loss(Tower::new(client()), &gone).await, unreachable);
    let (cut, _) = server(vec![String::new()]);
    assert_eq!(first_loss(Tower::new(client()), &cut).await, broken);
    let pessimist = Tower::new(client()).failures(|error| {
        assert!(error.is_connect());
        Failure::Broken
    });
    assert_eq!(first_loss(pessimist, &gone).await, broken);
}
