//! `EventSource` over a scripted transport, in virtual time.
#![cfg(all(feature = "stream", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use esse_client::parser::Limits;
use esse_client::{
    Closed, Ended, EventSource, Failure, Item, NotSent, Policy, ReadyState, Replay, TokioTimer,
    Transport,
};
use futures_util::{StreamExt, TryStreamExt};
use http_body::{Body, Frame};
use tokio::time::Sleep;

/// What one connection does.
#[derive(Clone)]
struct Script {
    status: u16,
    content_type: &'static str,
    /// Pieces of the body, each after a pause.
    pieces: Vec<(u64, Piece)>,
}

#[derive(Clone, Copy)]
enum Piece {
    Bytes(&'static str),
    Reset,
    /// Nothing more comes, and no end either.
    Silence,
}

fn stream(pieces: &[(u64, Piece)]) -> Script {
    Script {
        status: 200,
        content_type: "text/event-stream",
        pieces: pieces.to_vec(),
    }
}

/// Plays one script after the other, and then refuses connections.
#[derive(Clone, Default)]
struct Scripted {
    scripts: Arc<Mutex<VecDeque<Script>>>,
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

impl Scripted {
    fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self {
            scripts: Arc::new(Mutex::new(scripts.into_iter().collect())),
            requests: Arc::default(),
        }
    }

    fn source(&self) -> EventSource<Self, TokioTimer> {
        EventSource::get(self.clone(), "http://localhost/").unwrap()
    }

    fn headers(&self, name: &str) -> Vec<Option<String>> {
        let requests = self.requests.lock().unwrap();
        let values = requests.iter().map(|request| request.headers().get(name));
        values
            .map(|value| value.map(|value| String::from_utf8(value.as_bytes().into()).unwrap()))
            .collect()
    }
}

impl Transport for Scripted {
    type Body = Played;
    type Sending = std::future::Ready<Result<http::Response<Played>, NotSent>>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        self.requests.lock().unwrap().push(request);
        let script = self.scripts.lock().unwrap().pop_front();
        std::future::ready(script.map_or_else(
            || {
                Err(NotSent {
                    failure: Failure::Unreachable,
                    error: "connection refused".into(),
                })
            },
            |script| {
                let response = http::Response::builder()
                    .status(script.status)
                    .header("content-type", script.content_type);
                let body = Played {
                    pieces: script.pieces.into(),
                    pause: None,
                };
                Ok(response.body(body).unwrap())
            },
        ))
    }
}

struct Played {
    pieces: VecDeque<(u64, Piece)>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for Played {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some((pause, piece)) = self.pieces.front().copied() else {
            return Poll::Ready(None);
        };
        let sleep = || Box::pin(tokio::time::sleep(Duration::from_millis(pause)));
        let pause = self.pause.get_or_insert_with(sleep);
        if pause.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.pause = None;
        match piece {
            Piece::Bytes(text) => {
                self.pieces.pop_front();
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
            }
            Piece::Reset => Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into()))),
            Piece::Silence => Poll::Pending,
        }
    }
}

/// An item in a word, so that a whole stream can be compared.
fn word(item: Result<Item, Ended>) -> String {
    match item {
        Ok(Item::Open(_)) => "open".into(),
        Ok(Item::Event(event)) => event.data,
        Ok(Item::Reconnecting(news)) => format!("{} #{}", news.cause, news.attempt),
        Ok(item) => format!("{item:?}"),
        Err(error) => format!("error: {error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn it_connects_again_until_the_server_says_that_there_is_no_more() {
    let transport = Scripted::new([
        stream(&[
            (5, Piece::Bytes("id: 1\ndata: a\n\ndata: b\n\nid: 2\nda")),
            (5, Piece::Bytes("ta: c\n\nid: 3\ndata: cut")),
        ]),
        stream(&[(5, Piece::Bytes("data: d\n\n")), (5, Piece::Reset)]),
        Script {
            status: 204,
            content_type: "",
            pieces: Vec::new(),
        },
    ]);
    let words: Vec<_> = transport.source().map(word).collect().await;
    assert_eq!(
        words,
        [
            "open",
            "a",
            "b",
            "c",
            "the response ended inside an event #1",
            "open",
            "d",
            "the connection broke #2"
        ]
    );
    let ids = transport.headers("last-event-id");
    assert_eq!(ids, [None, Some("2".into()), Some("2".into())]);
    let accepted = transport.headers("accept");
    assert_eq!(accepted, vec![Some("text/event-stream".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_one_error_with_its_body() {
    let transport = Scripted::new([Script {
        status: 400,
        content_type: "application/json",
        pieces: vec![
            (0, Piece::Bytes("{\"code\":")),
            (5, Piece::Bytes("400}")),
            (0, Piece::Silence),
        ],
    }]);
    let words: Vec<_> = transport.source().map(word).collect().await;
    let expected = "error: not an event stream: status 400, content type application/json, \
                    body {\"code\":400}";
    assert_eq!(words, [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_block_over_a_limit_ends_the_client_unless_it_skips_such_blocks() {
    let piece = Piece::Bytes("data: too long\n\ndata: x\n\n");
    let policy = Policy::once().limits(Limits::DEFAULT.with_data(3));
    let mut ends = Vec::new();
    for skips in [false, true] {
        let transport = Scripted::new([stream(&[(0, piece)])]);
        let source = transport
            .source()
            .policy(policy.clone().skips_over_limit(skips));
        ends.push(source.map(word).collect::<Vec<_>>().await);
    }
    assert_eq!(ends[0].len(), 2);
    assert!(ends[0][1].starts_with("error: "), "{ends:?}");
    assert!(ends[1][1].starts_with("Skipped("), "{ends:?}");
    assert_eq!(ends[1][2..], ["x"]);
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_once() {
    let transport = Scripted::new([
        stream(&[(0, Piece::Bytes("data: a\n\n")), (0, Piece::Reset)]),
        stream(&[]),
    ]);
    let request = http::Request::post("http://localhost/")
        .body(Bytes::from("{}"))
        .unwrap();
    let source = EventSource::request(transport.clone(), request);
    let words: Vec<_> = source.map(word).collect().await;
    assert_eq!(
        words[2..],
        ["error: the connection broke; the request is not idempotent, so it was not sent again"]
    );
    assert_eq!(transport.requests.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_turn_a_post_into_a_get() {
    let transport = Scripted::new([
        stream(&[(0, Piece::Bytes("id: 7\ndata: a\n\n"))]),
        stream(&[
            (
                0,
                Piece::Bytes("data: b\n\nevent: end\ndata: c\n\ndata: never\n\n"),
            ),
            (0, Piece::Silence),
        ]),
    ]);
    let request = http::Request::post("http://localhost/")
        .body(Bytes::from("{}"))
        .unwrap();
    let source = EventSource::request(transport.clone(), request)
        .policy(Policy::resuming().has_terminal(true).replay(Replay::Never))
        .on_attempt(|attempt, mut request| {
            if attempt.number > 0 {
                *request.method_mut() = http::Method::GET;
                *request.body_mut() = Bytes::new();
            }
            async { Ok(request) }
        })
        .terminal(|event| event.event_type == "end");
    let events: Vec<_> = source
        .events()
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(events, ["a", "b", "c"]);
    let requests = transport.requests.lock().unwrap();
    let methods: Vec<_> = requests.iter().map(http::Request::method).collect();
    assert_eq!(methods, [http::Method::POST, http::Method::GET]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_and_comments_are_life() {
    let transport = Scripted::new([stream(&[
        (40_000, Piece::Bytes(":\n")),
        (40_000, Piece::Bytes("data: a\n\n")),
        (0, Piece::Silence),
    ])]);
    let policy = Policy::standard()
        .idle_timeout(Some(Duration::from_secs(45)))
        .attempts(Some(1));
    let start = tokio::time::Instant::now();
    let words: Vec<_> = transport.source().policy(policy).map(word).collect().await;
    assert_eq!(
        words[..3],
        ["open", "a", "nothing came in time, not even a comment #1"]
    );
    assert_eq!(words[3], "error: gave up: the server cannot be reached");
    let passed = start.elapsed().as_secs();
    assert!((128..=131).contains(&passed), "{passed}");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_the_transport_is_the_source() {
    let transport = Scripted::new([]);
    let source = transport.source().policy(Policy::once());
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "connection refused");
    assert!(matches!(
        error,
        Ended::Closed {
            closed: Closed::GaveUp { .. },
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_ends_the_client() {
    let transport = Scripted::new([]);
    let source = transport
        .source()
        .on_attempt(|_, _| async { Err("no token".into()) });
    let words: Vec<_> = source.map(word).collect().await;
    assert_eq!(words, ["error: the request could not be made"]);
    assert!(transport.requests.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handle_closes_and_restarts_from_elsewhere() {
    let silent = || stream(&[(0, Piece::Bytes("data: a\n\n")), (0, Piece::Silence)]);
    let transport = Scripted::new([silent(), silent()]);
    let source = transport.source();
    let handle = source.handle();
    let reader = tokio::spawn(source.map(word).collect::<Vec<_>>());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(handle.ready_state(), ReadyState::Open);
    handle.restart();
    tokio::time::sleep(Duration::from_secs(1)).await;
    handle.close();
    assert_eq!(reader.await.unwrap(), ["open", "a", "open", "a"]);
    assert_eq!(handle.ready_state(), ReadyState::Closed);
}
