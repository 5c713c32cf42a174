//! What the client reports to `tracing`.
#![cfg(all(feature = "tracing", feature = "test"))]
#![allow(clippy::unwrap_used)]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use esse_client::testing::{Answer, Scripted, VirtualTime};
use esse_client::{EventSource, Policy};
use futures_util::StreamExt;
use tracing_subscriber::util::SubscriberInitExt;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that a client with these answers writes. Secrets are where secrets may be.
fn lines(policy: Policy, answers: impl IntoIterator<Item = Answer>) -> Vec<String> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let guard = subscriber.set_default();
    let time = VirtualTime::new();
    let transport = Scripted::new(time.clone());
    let transport = answers.into_iter().fold(transport, Scripted::answer);
    let request = http::Request::get("http://user:secret@localhost:80/secret?secret");
    let request = request.header("authorization", "secret");
    let request = request.body(Bytes::from("secret")).unwrap();
    let source = EventSource::with_timer(transport, time.clone(), request).policy(policy);
    time.run(source.collect::<Vec<_>>());
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("secret"), "{text}");
    let span = r#"event_source{method=GET host="localhost"}: "#;
    text.lines()
        .map(|line| line.trim_start().replace(span, ""))
        .collect()
}

#[test]
fn each_step_is_an_event_in_the_span_of_the_client() {
    let wait = Duration::from_secs(4);
    let policy = Policy::standard()
        .reconnection_time(wait)
        .most_retry_after(Duration::ZERO);
    let refusal = Answer::status(302)
        .header("location", "/?secret")
        .header("content-type", "text/secret")
        .chunk("secret");
    let answers = [
        Answer::stream()
            .chunk("id: \u{1}secret\ndata: secret\n\n")
            .breaks(),
        refusal,
    ];
    let lines = lines(policy, answers);
    let (lost, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.contains(" lost "));
    assert_eq!(
        others,
        [
            "DEBUG attempt number=0 failures=0",
            "DEBUG open",
            "DEBUG attempt number=1 failures=0",
            "WARN the last event ID cannot be sent and is left out length=7",
            "WARN ended: refused status=302",
        ]
    );
    assert_eq!(lost.len(), 1);
    assert!(lost[0].starts_with("DEBUG lost cause=the connection broke wait="));
}

#[test]
fn ends_that_were_wanted_are_not_warnings() {
    let end = |policy, answers: Vec<Answer>| lines(policy, answers).pop().unwrap();
    for (policy, answers, expected) in [
        (
            Policy::standard(),
            vec![Answer::status(204)],
            "DEBUG ended closed=the server answered 204: it has no more events",
        ),
        (
            Policy::once(),
            vec![],
            "WARN ended closed=gave up: the server cannot be reached",
        ),
    ] {
        assert_eq!(end(policy, answers), expected);
    }
}
