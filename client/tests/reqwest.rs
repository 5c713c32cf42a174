//! The client with reqwest and a real clock, against a server on loopback.
#![cfg(all(feature = "reqwest", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use esse_client::reqwest::same_origin;
use esse_client::{Closed, Ended, EventSource, Item, Policy};
use futures_util::{StreamExt, TryStreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Gives each connection the next answer, and returns the requests.
async fn server(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                assert!(socket.read_buf(&mut request).await.unwrap() > 0);
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            requests.push(String::from_utf8(request).unwrap());
        }
        requests
    });
    (url, requests)
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(same_origin());
    client.no_proxy().build().unwrap()
}

#[tokio::test]
async fn it_resumes_after_the_last_event() {
    let (url, requests) = server(vec![
        format!("{HEAD}retry: 10\nid: …\ndata: a\n\nid: 2\ndata: cut"),
        format!("{HEAD}data: b\n\n"),
        NO_CONTENT.into(),
    ])
    .await;
    let events = EventSource::get(client(), &url).unwrap().events();
    let data: Vec<_> = events
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(data, ["a", "b"]);
    let requests = requests.await.unwrap();
    let resumed: Vec<_> = requests
        .iter()
        .map(|request| request.contains("last-event-id: …"))
        .collect();
    assert_eq!(resumed, [false, true, true]);
    assert!(requests[0].contains("accept: text/event-stream\r\ncache-control: no-cache"));
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_an_answer() {
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let (url, _) = server(vec![redirect.into()]).await;
    let source = EventSource::get(client(), &url).unwrap();
    let Err(Ended::Closed { closed, .. }) = source.try_collect::<Vec<_>>().await else {
        panic!("a redirect that was followed");
    };
    let Closed::Refused { answer, location } = closed else {
        panic!("{closed:?}");
    };
    assert_eq!(
        (answer.status, location.as_deref()),
        (307, Some("http://127.0.0.1:1/"))
    );
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed() {
    let redirect =
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /there\r\nConnection: close\r\n\r\n";
    let (url, requests) = server(vec![redirect.into(), format!("{HEAD}data: a\n\n")]).await;
    let source = EventSource::get(client(), &url)
        .unwrap()
        .policy(Policy::once());
    let data: Vec<_> = source
        .events()
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(data, ["a"]);
    assert!(requests.await.unwrap()[1].starts_with("GET /there "));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let mut source = EventSource::get(client(), &url).unwrap();
    let Some(Ok(Item::Reconnecting(news))) = source.next().await else {
        panic!("news of the failure");
    };
    assert_eq!(news.cause.to_string(), "the server cannot be reached");
    assert!(
        news.error.is_some() && news.wait > Duration::from_secs(2),
        "{news:?}"
    );
    source.handle().close();
    assert!(source.next().await.is_none());
}

#[tokio::test]
async fn a_url_that_nothing_can_reach_is_futile() {
    let source = EventSource::get(client(), "gopher://127.0.0.1/").unwrap();
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(
        matches!(
            error,
            Ended::Closed {
                closed: Closed::Futile,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(EventSource::get(client(), "not a url").is_err());
}
