//! What users test with: the script and virtual time.
#![cfg(feature = "test")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use esse_client::testing::{Answer, Scripted, VirtualTime};
use esse_client::{EventSource, Failure, Item, Policy};
use futures_util::StreamExt;
use futures_util::future::{Either, join, select};

/// The causes and waits of all that is lost, until the client ends.
fn losses(policy: Policy, answers: impl IntoIterator<Item = Answer>) -> Vec<(String, Duration)> {
    let time = VirtualTime::new();
    let transport = Scripted::new(time.clone());
    let transport = answers.into_iter().fold(transport, Scripted::answer);
    let request = http::Request::get("http://localhost/");
    let request = request.body(Bytes::new()).unwrap();
    let source = EventSource::with_timer(transport, time.clone(), request).policy(policy);
    let items = source.filter_map(async |item| match item {
        Ok(Item::Reconnecting(news)) => Some((news.cause.to_string(), time.now())),
        _ => None,
    });
    time.run(items.collect())
}

#[test]
fn each_way_to_fail_is_one_cause_at_its_time() {
    let seconds = Duration::from_secs;
    let policy = Policy::persistent()
        .head_timeout(Some(seconds(10)))
        .idle_timeout(Some(seconds(20)));
    for (answer, cause, at) in [
        (Answer::never(), "no answer came in time", seconds(10)),
        (
            Answer::fails(Failure::Broken),
            "the connection broke",
            seconds(0),
        ),
        (
            Answer::fails(Failure::Unreachable),
            "the server cannot be reached",
            seconds(0),
        ),
        (Answer::status(503), "the server answered 503", seconds(0)),
        (
            Answer::stream().pause(seconds(7)),
            "the response ended",
            seconds(7),
        ),
        (
            Answer::stream().pause(seconds(7)).chunk(":\n").hangs(),
            "nothing came in time, not even a comment",
            seconds(27),
        ),
    ] {
        let losses = losses(policy.clone(), [answer, Answer::status(204)]);
        assert_eq!(losses, [(cause.to_owned(), at)]);
    }
}

#[test]
fn headers_are_those_of_the_script() {
    let busy = Answer::status(503).header("retry-after", "100");
    let answers = [busy, Answer::fails(Failure::Broken)];
    let losses = losses(Policy::persistent().attempts(Some(3)), answers);
    assert_eq!(losses.len(), 2);
    assert!(losses[1].1 >= Duration::from_secs(100), "{losses:?}");
}

#[test]
fn sleeps_end_in_their_order_and_dropped_ones_do_not_move_the_time() {
    let time = VirtualTime::new();
    let after = async |seconds| {
        time.sleep(Duration::from_secs(seconds)).await;
        time.now().as_secs()
    };
    assert_eq!(time.run(join(after(5), after(3))), (5, 3));
    let (short, long) = (Box::pin(after(1)), Box::pin(after(100)));
    let Either::Left((6, _)) = time.run(select(short, long)) else {
        panic!("the longer sleep ended first");
    };
    assert_eq!(time.run(after(200)), 206);
}

#[test]
#[should_panic(expected = "no sleep will wake it")]
fn a_future_that_nothing_wakes_is_a_failure_and_not_a_hang() {
    VirtualTime::new().run(std::future::pending::<()>());
}

#[test]
#[should_panic(expected = "end it with `Answer::status(204)`")]
fn a_script_without_an_end_is_a_failure_and_not_a_loop() {
    losses(Policy::standard(), [Answer::stream().chunk("data: a\n\n")]);
}
