//! `EventSource` over a scripted transport, in virtual time.
#![cfg(all(feature = "test", feature = "tokio"))]
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use bytes::Bytes;
use esse_client::parser::Limits;
use esse_client::testing::{Answer, Scripted};
use esse_client::{
    Attempt, Closed, Ended, EventSource, Failure, Handle, Item, Policy, ReadyState, Replay,
    TokioTimer,
};
use futures_util::{StreamExt, TryStreamExt};
use support::word;

const URL: &str = "http://localhost/";

fn scripted(answers: impl IntoIterator<Item = Answer>) -> Scripted<TokioTimer> {
    let transport = Scripted::new(TokioTimer::new());
    answers.into_iter().fold(transport, Scripted::answer)
}

fn source(transport: &Scripted<TokioTimer>) -> EventSource<Scripted<TokioTimer>, TokioTimer> {
    EventSource::get(transport.clone(), URL).unwrap()
}

fn headers(transport: &Scripted<TokioTimer>, name: &str) -> Vec<Option<String>> {
    let requests = transport.requests();
    let values = requests.iter().map(|request| request.headers().get(name));
    values
        .map(|value| value.map(|value| String::from_utf8(value.as_bytes().into()).unwrap()))
        .collect()
}

fn post() -> http::Request<Bytes> {
    http::Request::post(URL).body(Bytes::from("{}")).unwrap()
}

const fn milliseconds(span: u64) -> Duration {
    Duration::from_millis(span)
}

#[tokio::test(start_paused = true)]
async fn it_connects_again_until_the_server_says_that_there_is_no_more() {
    let transport = scripted([
        Answer::stream()
            .pause(milliseconds(5))
            .chunk("id: 1\ndata: a\n\ndata: b\n\nid: 2\nda")
            .pause(milliseconds(5))
            .chunk("ta: c\n\nid: 3\ndata: cut"),
        Answer::stream()
            .pause(milliseconds(5))
            .chunk("data: d\n\n")
            .pause(milliseconds(5))
            .breaks(),
        Answer::status(204),
    ]);
    let words: Vec<_> = source(&transport).map(word).collect().await;
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
    let ids = headers(&transport, "last-event-id");
    assert_eq!(ids, [None, Some("2".into()), Some("2".into())]);
    let accepted = headers(&transport, "accept");
    assert_eq!(accepted, vec![Some("text/event-stream".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_one_error_with_its_body() {
    let transport = scripted([Answer::status(400)
        .header("content-type", "application/json")
        .chunk("{\"code\":")
        .pause(milliseconds(5))
        .chunk("400}")
        .hangs()]);
    let words: Vec<_> = source(&transport).map(word).collect().await;
    let expected = "error: not an event stream: status 400, content type application/json, \
                    body {\"code\":400}";
    assert_eq!(words, [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_block_over_a_limit_ends_the_client_unless_it_skips_such_blocks() {
    let answer = Answer::stream().chunk("data: too long\n\ndata: x\n\n");
    let policy = Policy::once().limits(Limits::DEFAULT.with_data(3));
    let mut ends = Vec::new();
    for skips in [false, true] {
        let transport = scripted([answer.clone()]);
        let source = source(&transport).policy(policy.clone().skips_over_limit(skips));
        ends.push(source.map(word).collect::<Vec<_>>().await);
    }
    assert_eq!(ends[0].len(), 2);
    assert!(ends[0][1].starts_with("error: "), "{ends:?}");
    assert!(ends[1][1].starts_with("Skipped("), "{ends:?}");
    assert_eq!(ends[1][2..], ["x"]);
}

#[tokio::test(start_paused = true)]
async fn comments_come_if_they_are_asked_for() {
    for (asks, expected) in [(false, &["a"][..]), (true, &["Comment(\"hello\")", "a"])] {
        let transport = scripted([Answer::stream().chunk(": hello\ndata: a\n\n")]);
        let source = source(&transport).policy(Policy::once().items(asks));
        let words: Vec<_> = source.map(word).collect().await;
        assert_eq!(words[1..], *expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_once() {
    let transport = scripted([
        Answer::stream().chunk("data: a\n\n").breaks(),
        Answer::stream(),
    ]);
    let source = EventSource::request(transport.clone(), post());
    let words: Vec<_> = source.map(word).collect().await;
    assert_eq!(
        words[2..],
        ["error: the connection broke; the request is not idempotent, so it was not sent again"]
    );
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_turn_a_post_into_a_get() {
    let transport = scripted([
        Answer::stream().chunk("id: 7\ndata: a\n\n"),
        Answer::stream()
            .chunk("data: b\n\nevent: end\ndata: c\n\ndata: never\n\n")
            .hangs(),
    ]);
    let source = EventSource::request(transport.clone(), post())
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
    let requests = transport.requests();
    let methods: Vec<_> = requests.iter().map(http::Request::method).collect();
    assert_eq!(methods, [http::Method::POST, http::Method::GET]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_and_comments_are_life() {
    let transport = scripted([Answer::stream()
        .pause(milliseconds(40_000))
        .chunk(":\n")
        .pause(milliseconds(40_000))
        .chunk("data: a\n\n")
        .hangs()]);
    let policy = Policy::standard()
        .idle_timeout(Some(Duration::from_secs(45)))
        .attempts(Some(1));
    let start = tokio::time::Instant::now();
    let words: Vec<_> = source(&transport).policy(policy).map(word).collect().await;
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
    let transport = scripted([]);
    let source = source(&transport).policy(Policy::once());
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(
        source.to_string(),
        "the script has no answer for this request"
    );
    assert!(matches!(
        error,
        Ended::Closed {
            closed: Closed::GaveUp { .. },
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_refusal_has_its_headers() {
    let limited = || Answer::status(429).header("x-ratelimit-reset", "60");
    for (policy, answers) in [
        (Policy::standard(), vec![limited()]),
        (
            Policy::persistent().attempts(Some(2)),
            vec![Answer::status(503), limited()],
        ),
    ] {
        let source = source(&scripted(answers)).policy(policy);
        let error = source.try_collect::<Vec<_>>().await.unwrap_err();
        let Ended::Closed {
            refusal: Some(head),
            ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(head.status, 429);
        assert_eq!(head.headers["x-ratelimit-reset"], "60");
    }
    // The last attempt was not answered.
    let unanswered = scripted([limited()]);
    let source = source(&unanswered).policy(Policy::persistent().attempts(Some(2)));
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(
        matches!(error, Ended::Closed { refusal: None, .. }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_ends_the_client() {
    let transport = scripted([]);
    let source = source(&transport).on_attempt(|_, _| async { Err("no token".into()) });
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.to_string(), "the request could not be made");
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("no token"));
    assert!(transport.requests().is_empty());
}

/// As a command from another thread may come at the same moment.
#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_after_a_command_ends_the_client() {
    for (command, expected) in [
        (
            Handle::restart as fn(&Handle),
            &["error: the request could not be made"][..],
        ),
        (Handle::close, &[]),
    ] {
        let transport = scripted([]);
        let source = source(&transport);
        let handle = source.handle();
        let mut source = source.on_attempt(move |_, _| {
            let handle = handle.clone();
            async move {
                command(&handle);
                Err("no token".into())
            }
        });
        let words: Vec<_> = source.by_ref().map(word).collect().await;
        assert_eq!(words, expected);
        assert_eq!(source.closed(), Some(&Closed::Futile));
        assert!(source.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_closes_and_restarts_from_elsewhere() {
    let silent = Answer::stream().chunk("data: a\n\n").hangs();
    let transport = scripted([silent.clone(), silent]);
    let source = source(&transport);
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

/// Nothing happens unless it is polled, so no time passes either.
#[tokio::test(start_paused = true)]
async fn it_may_be_polled_first_long_after_it_was_made() {
    let transport = scripted([
        Answer::fails(Failure::Unreachable),
        Answer::stream().chunk("data: a\n\n"),
    ]);
    let policy = Policy::once()
        .attempts(Some(2))
        .give_up_after(Some(Duration::from_secs(10)));
    let source = source(&transport).policy(policy);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let words: Vec<_> = source.map(word).collect().await;
    assert_eq!(words.len(), 3, "{words:?}");
    assert_eq!(words[1..], ["open", "a"]);
}

/// Its bytes would be read as text.
#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_decoded_is_not_read() {
    let answer = |coding| {
        let answer = Answer::stream().header("content-encoding", coding);
        answer.chunk("data: a\n\n")
    };
    let transport = scripted([answer("identity"), answer("gzip")]);
    let mut events = source(&transport).events();
    assert_eq!(events.try_next().await.unwrap().unwrap().data, "a");
    let ended = events.try_next().await.unwrap_err();
    let text = "the body is compressed (gzip), so no event can be read in it";
    assert_eq!(ended.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn a_post_without_a_body_says_so() {
    let transport = scripted([Answer::status(204), Answer::status(204)]);
    for body in ["", "{}"] {
        let request = http::Request::post(URL).body(Bytes::from(body)).unwrap();
        let source = EventSource::request(transport.clone(), request);
        let _: Vec<_> = source.collect().await;
    }
    let lengths = headers(&transport, "content-length");
    assert_eq!(lengths, [Some("0".to_owned()), None]);
}

#[tokio::test(start_paused = true)]
async fn a_loss_is_reported_with_the_wait_that_follows_and_an_id_that_is_left_out() {
    let transport = scripted([
        Answer::stream()
            .chunk("id: a\u{1}b\ndata: a\n\n")
            .pause(milliseconds(5000)),
        Answer::status(204),
    ]);
    let mut request = post();
    *request.method_mut() = http::Method::GET;
    let own = http::HeaderValue::from_static("of the caller");
    request.headers_mut().insert("last-event-id", own);
    let mut source = EventSource::request(transport.clone(), request);
    let start = tokio::time::Instant::now();
    let mut lost = Vec::new();
    while let Some(item) = source.try_next().await.unwrap() {
        if let Item::Reconnecting(news) = item {
            lost.push((news, start.elapsed()));
        }
    }
    let [(news, at)] = &lost[..] else {
        panic!("{lost:?}");
    };
    assert!(news.is_id_left_out);
    // The timers of tokio count in milliseconds.
    let waited = start.elapsed().saturating_sub(*at);
    let more = waited.checked_sub(news.wait);
    assert!(more.is_some_and(|more| more <= milliseconds(1)), "{lost:?}");
    let own = Some("of the caller".to_owned());
    assert_eq!(headers(&transport, "last-event-id"), [own, None]);
}

/// It does not vanish: the server learns that there was one.
#[tokio::test(start_paused = true)]
async fn an_id_of_the_caller_that_is_not_utf_8_is_decoded_as_that_of_an_event() {
    let transport = scripted([
        Answer::stream().chunk(&b"id: caf\xe9\ndata: a\n\n"[..]),
        Answer::status(204),
    ]);
    let mut request = post();
    *request.method_mut() = http::Method::GET;
    let own = http::HeaderValue::from_bytes(b"caf\xe9").unwrap();
    request.headers_mut().insert("last-event-id", own);
    let source = EventSource::request(transport.clone(), request);
    assert_eq!(source.connection().last_event_id(), "caf\u{fffd}");
    source.try_collect::<Vec<_>>().await.unwrap();
    let ids = headers(&transport, "last-event-id");
    assert_eq!(ids, vec![Some("caf\u{fffd}".to_owned()); 2]);
}

/// Fresh tokens, other nodes, cursors in the query.
#[tokio::test(start_paused = true)]
async fn a_hook_takes_its_time_and_may_change_everything() {
    let transport = scripted([
        Answer::stream().chunk("data: a\n\n"),
        Answer::stream().chunk("data: b\n\n"),
        Answer::status(204),
    ]);
    let hook = |attempt: &Attempt<'_>, mut request: http::Request<Bytes>| {
        let number = attempt.number;
        assert_eq!(attempt.cause.is_some(), number > 0);
        async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            *request.method_mut() = http::Method::PUT;
            *request.uri_mut() = format!("http://node{number}/?from={number}").parse()?;
            *request.body_mut() = format!("body {number}").into();
            request.headers_mut().insert("x-token", number.into());
            Ok(request)
        }
    };
    // It counts in whatever order the client is set up.
    let source = source(&transport).on_attempt(hook);
    let events: Vec<_> = source
        .policy(Policy::persistent())
        .events()
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(events, ["a", "b"]);
    let requests = transport.requests();
    assert_eq!(requests.len(), 3);
    for (number, request) in requests.iter().enumerate() {
        assert_eq!(request.method(), http::Method::PUT);
        let url = format!("http://node{number}/?from={number}");
        assert_eq!(request.uri().to_string(), url);
        assert_eq!(request.body(), &format!("body {number}"));
        assert_eq!(request.headers()["x-token"], number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_is_followed_by_another_request_however_the_client_is_set_up() {
    for is_policy_last in [false, true] {
        let transport = scripted([
            Answer::stream().chunk("id: 1\ndata: a\n\n"),
            Answer::status(204),
        ]);
        let source = EventSource::request(transport.clone(), post());
        let hook = |attempt: &Attempt<'_>, mut request: http::Request<Bytes>| {
            if attempt.number > 0 {
                *request.method_mut() = http::Method::GET;
            }
            async { Ok(request) }
        };
        let source = if is_policy_last {
            source.on_attempt(hook).policy(Policy::standard())
        } else {
            source.policy(Policy::standard()).on_attempt(hook)
        };
        let words: Vec<_> = source.map(word).collect().await;
        assert_eq!(words, ["open", "a", "the response ended #1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_never_ends_is_an_attempt_without_an_answer() {
    let transport = scripted([]);
    let source = source(&transport)
        .policy(Policy::standard().attempts(Some(1)))
        .on_attempt(|_, _| std::future::pending());
    let words = source.map(word).collect::<Vec<_>>();
    let words = tokio::time::timeout(Duration::from_secs(60), words).await;
    assert_eq!(words.unwrap(), ["error: gave up: no answer came in time"]);
    assert!(transport.requests().is_empty());
}
