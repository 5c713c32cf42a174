//! A client has at most one connection, and none while it waits or when it has ended.
#![cfg(all(feature = "test", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use esse_client::testing::{Answer, Scripted};
use esse_client::{EventSource, Item, NotSent, Policy, TokioTimer, Transport};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame};

/// A transport that counts its connections, and refuses a second one.
#[derive(Clone)]
struct Counting {
    script: Scripted<TokioTimer>,
    count: Arc<AtomicUsize>,
}

impl Counting {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Scripted::new(TokioTimer::new());
        Self {
            script: answers.into_iter().fold(script, Scripted::answer),
            count: Arc::default(),
        }
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Transport for Counting {
    type Body = Counted;
    type Sending = BoxFuture<'static, Result<http::Response<Counted>, NotSent>>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        assert_eq!(self.count(), 0, "a second connection");
        let connection = Connection::new(&self.count);
        let sending = self.script.send(request);
        Box::pin(async move {
            let response = sending.await?;
            Ok(response.map(|body| Counted { body, connection }))
        })
    }
}

/// It counts until it is dropped.
struct Connection(Arc<AtomicUsize>);

impl Connection {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Counted {
    body: <Scripted<TokioTimer> as Transport>::Body,
    #[allow(dead_code, reason = "it counts until it is dropped")]
    connection: Connection,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

fn source(transport: &Counting, policy: Policy) -> EventSource<Counting, TokioTimer> {
    let source = EventSource::get(transport.clone(), "http://localhost/").unwrap();
    source.policy(policy)
}

#[tokio::test(start_paused = true)]
async fn there_is_none_while_it_waits_or_has_ended() {
    let a = || Answer::stream().chunk("data: a\n\n");
    let answers = [
        a(),
        a().breaks(),
        a().hangs(),
        Answer::never(),
        Answer::status(503).chunk("busy").hangs(),
        Answer::stream().chunk("data: restart\n\n").hangs(),
        a().hangs(),
        Answer::status(404).chunk("gone").hangs(),
    ];
    let count = answers.len();
    let transport = Counting::new(answers);
    let mut source = source(&transport, Policy::persistent());
    let handle = source.handle();
    let mut losses = 0;
    while let Some(item) = source.next().await {
        match item {
            Ok(Item::Reconnecting(_)) => {
                losses += 1;
                assert_eq!(transport.count(), 0, "after loss {losses}");
            }
            Ok(Item::Event(event)) => {
                assert_eq!(transport.count(), 1);
                if event.data == "restart" {
                    handle.restart();
                }
            }
            Ok(_) => {}
            Err(_) => assert_eq!(transport.count(), 0),
        }
    }
    assert_eq!((losses, transport.script.requests().len()), (6, count));
    assert_eq!(transport.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn there_is_none_when_it_is_dropped_or_closed() {
    for answer in [
        Answer::never(),
        Answer::stream().chunk("data: a\n\n").hangs(),
        Answer::status(404).hangs(),
    ] {
        for is_dropped in [false, true] {
            let transport = Counting::new([answer.clone()]);
            let mut source = source(&transport, Policy::standard());
            let handle = source.handle();
            let second = Duration::from_secs(1);
            while let Ok(Some(_)) = tokio::time::timeout(second, source.next()).await {}
            assert_eq!(transport.count(), 1);
            if is_dropped {
                drop(source);
            } else {
                handle.close();
                assert!(source.next().await.is_none());
            }
            assert_eq!(transport.count(), 0);
        }
    }
}
