//! The client with reqwest and a real clock, against a server on loopback.
#![cfg(all(feature = "reqwest", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use esse_client::parser::Limits;
use esse_client::reqwest::same_origin;
use esse_client::{Closed, Ended, EventSource, Item, Policy};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::select;
use futures_util::{StreamExt, TryStreamExt};
use support::{HEAD, NO_CONTENT, nobody, read_request, server, server_of_bytes};
use tokio::sync::oneshot;

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(same_origin());
    client.no_proxy().build().unwrap()
}

#[tokio::test]
async fn the_user_of_the_url_is_sent() {
    let (url, requests) = server(vec![NO_CONTENT.into()]);
    let url = url.replace("http://", "http://me%40home:secret@");
    let mut source = EventSource::get(client(), &url).unwrap();
    assert!(source.next().await.is_none());
    let request = &requests.join().unwrap()[0];
    assert!(
        request.contains("authorization: Basic bWVAaG9tZTpzZWNyZXQ=\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_header_says_where_the_stream_goes_on() {
    let (url, requests) = server(vec![
        format!("{HEAD}retry: 10\n\n"),
        format!("{HEAD}id: 6\ndata\n\n"),
        NO_CONTENT.into(),
    ]);
    let request = http::Request::get(&url).header("last-event-id", "5");
    let request = request.body(bytes::Bytes::new()).unwrap();
    let source = EventSource::request(client(), request).policy(Policy::standard());
    let events: Vec<_> = source.events().try_collect().await.unwrap();
    assert_eq!(events.len(), 1);
    let requests = requests.join().unwrap();
    let ids: Vec<_> = requests
        .iter()
        .map(|request| {
            let (_, id) = request.split_once("last-event-id: ").unwrap();
            id.split_once("\r\n").unwrap().0
        })
        .collect();
    assert_eq!(ids, ["5", "5", "6"]);
}

#[tokio::test]
async fn it_resumes_after_the_last_event() {
    let (url, requests) = server(vec![
        format!("{HEAD}retry: 10\nid: …\ndata: a\n\nid: 2\ndata: cut"),
        format!("{HEAD}data: b\n\n"),
        NO_CONTENT.into(),
    ]);
    let events = EventSource::get(client(), &url).unwrap().events();
    let data: Vec<_> = events
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(data, ["a", "b"]);
    let requests = requests.join().unwrap();
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
    let (url, _) = server(vec![redirect.into()]);
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
    let (url, requests) = server(vec![redirect.into(), format!("{HEAD}data: a\n\n")]);
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
    assert!(requests.join().unwrap()[1].starts_with("GET /there "));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let mut source = EventSource::get(client(), &nobody()).unwrap();
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
async fn a_client_that_is_dropped_drops_its_connection() {
    for answer in ["", HEAD] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let mut source = EventSource::get(client(), &url).unwrap();
        let (request_is_here, is_here) = oneshot::channel();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            read_request(&mut socket);
            socket.write_all(answer.as_bytes()).unwrap();
            request_is_here.send(()).unwrap();
            let long = Duration::from_secs(20);
            socket.set_read_timeout(Some(long)).unwrap();
            socket.read(&mut [0])
        });
        if answer.is_empty() {
            select(source.next(), is_here).await;
        } else {
            assert!(matches!(source.next().await, Some(Ok(Item::Open(_)))));
        }
        drop(source);
        let read = tokio::task::spawn_blocking(|| server.join().unwrap());
        // A reset is an end, too.
        assert!(!matches!(read.await.unwrap(), Err(error) if is_time_out(&error)));
    }
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
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

/// The limit is for what the parser reads, not for what the network carries.
#[tokio::test]
async fn a_little_gzip_that_becomes_much_is_over_the_limit() {
    const MIB: usize = 1 << 20;

    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(b"id: 1\ndata: first\n\ndata: ").unwrap();
    for _ in 0..64 {
        bomb.write_all(&vec![b'x'; MIB]).unwrap();
    }
    bomb.write_all(b"\n\n").unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < MIB, "{}", bomb.len());

    let head = HEAD.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n");
    let (url, requests) = server_of_bytes(vec![[head.into_bytes(), bomb].concat()]);
    let policy = Policy::persistent().limits(Limits::DEFAULT.with_data(MIB));
    let source = EventSource::get(client(), &url).unwrap().policy(policy);
    let mut events = source.events();
    assert_eq!(events.try_next().await.unwrap().unwrap().data, "first");
    let Err(Ended::Closed { closed, .. }) = events.try_next().await else {
        panic!("over the limit");
    };
    assert!(matches!(closed, Closed::Limit(_)), "{closed}");
    // It is not fetched again.
    assert!(events.next().await.is_none());
    assert_eq!(requests.join().unwrap().len(), 1);
}
