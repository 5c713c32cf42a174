//! The client over hyper-util's client and a layer, against a server on loopback.
#![cfg(all(feature = "tower", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

mod support;

use std::task::{Context, Poll};

use bytes::Bytes;
use esse_client::{BoxError, Closed, Ended, EventSource, Failure, Item, Tower};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryFutureExt, TryStreamExt};
use http::header::{AUTHORIZATION, HeaderValue};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use support::{HEAD, NO_CONTENT, nobody, server};
use tower_http::set_header::SetRequestHeaderLayer;
use tower_layer::Layer;
use tower_service::Service;

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

/// Is ready at the second time it is asked, or never.
#[derive(Clone)]
struct Slow<S> {
    service: S,
    asked: bool,
    is_broken: bool,
}

impl<S, R> Service<R> for Slow<S>
where
    S: Service<R, Error: Into<BoxError> + 'static>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if !std::mem::replace(&mut self.asked, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.is_broken {
            return Poll::Ready(Err("never ready".into()));
        }
        self.service.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        assert!(self.asked, "it was not asked whether it is ready");
        Box::pin(self.service.call(request).map_err(Into::into))
    }
}

#[tokio::test]
async fn a_service_that_is_not_ready_is_waited_for() {
    for is_broken in [false, true] {
        let (url, _) = server(vec![HEAD.into()]);
        let service = Slow {
            service: client(),
            asked: false,
            is_broken,
        };
        let mut source = EventSource::get(Tower::new(service), &url).unwrap();
        match source.next().await {
            Some(Ok(Item::Open(_))) if !is_broken => {}
            Some(Ok(Item::Reconnecting(news))) if is_broken => {
                assert_eq!(news.error.unwrap().to_string(), "never ready");
            }
            other => panic!("{other:?}"),
        }
    }
}
