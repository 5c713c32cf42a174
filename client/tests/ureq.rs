//! The iterator with ureq, against a server on loopback.
#![cfg(feature = "ureq")]
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use esse_client::blocking::EventSource;
use esse_client::{Cause, Closed, Ended, Item, Policy};
use support::{HEAD, NO_CONTENT, nobody, read_request, server};
use ureq::Agent;

#[test]
fn it_resumes_after_the_last_event() {
    let (url, requests) = server(vec![
        format!("{HEAD}retry: 10\nid: …\ndata: a\n\nid: 2\ndata: cut"),
        format!("{HEAD}data: b\n\n"),
        NO_CONTENT.into(),
    ]);
    let source = EventSource::get(Agent::new_with_defaults(), &url).unwrap();
    let data: Result<Vec<_>, Ended> = source.events().map(|event| Ok(event?.data)).collect();
    assert_eq!(data.unwrap(), ["a", "b"]);
    let requests = requests.join().unwrap();
    let resumed: Vec<_> = requests
        .iter()
        .map(|request| request.contains("last-event-id: …\r\n"))
        .collect();
    assert_eq!(resumed, [false, true, true]);
    assert!(requests[0].contains("accept: text/event-stream\r\n"));
}

/// No byte of the request was sent, so it is sent again.
#[test]
fn a_name_that_does_not_resolve_is_not_reached() {
    let request = http::Request::post("http://nobody.invalid/")
        .body(Bytes::from("ask"))
        .unwrap();
    let source = EventSource::request(Agent::new_with_defaults(), request);
    let mut source = source.policy(Policy::persistent().attempts(Some(2)));
    let Some(Ok(Item::Reconnecting(news))) = source.next() else {
        panic!("no other attempt");
    };
    assert_eq!(news.cause, Cause::Unreachable);
}

#[test]
fn refusals_and_redirects_are_answers_whatever_the_agent_says() {
    let redirect =
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let refusal = "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 3\r\n\r\ntea";
    for (answer, status, place, text) in [
        (redirect, 307, Some("/there"), ""),
        (refusal, 418, None, "tea"),
    ] {
        let (url, requests) = server(vec![answer.into()]);
        let request = http::Request::post(&url).body(Bytes::from("ask")).unwrap();
        let mut source = EventSource::request(Agent::new_with_defaults(), request);
        let Some(Err(Ended::Closed { closed, .. })) = source.next() else {
            panic!("an answer that was accepted");
        };
        let Closed::Refused { answer, location } = closed else {
            panic!("{closed:?}");
        };
        assert_eq!((answer.status, location.as_deref()), (status, place));
        assert!(answer.to_string().contains(text));
        let sent = &requests.join().unwrap()[0];
        assert!(sent.contains("content-length: 3\r\n"), "{sent}");
    }
}

#[test]
fn what_cannot_be_reached_is_tried_again_and_what_cannot_be_sent_is_not() {
    let agent = Agent::new_with_defaults;
    let mut source = EventSource::get(agent(), &nobody()).unwrap();
    let Some(Ok(Item::Reconnecting(news))) = source.next() else {
        panic!("news of the failure");
    };
    assert_eq!(news.cause.to_string(), "the server cannot be reached");
    assert!(news.error.is_some());
    let mut source = EventSource::get(agent(), "gopher://127.0.0.1/").unwrap();
    assert!(matches!(
        source.next(),
        Some(Err(Ended::Closed {
            closed: Closed::Futile,
            ..
        }))
    ));
}

#[test]
fn no_time_out_of_the_agent_or_of_the_head_ends_a_slow_stream() {
    let short = Duration::from_millis(50);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        read_request(&mut socket);
        writeln!(socket, "{HEAD}data: a").unwrap();
        thread::sleep(4 * short);
        writeln!(socket).unwrap();
    });
    let config = Agent::config_builder().timeout_global(Some(short));
    let source = EventSource::get(config.build().new_agent(), &url).unwrap();
    let source = source.policy(Policy::once().head_timeout(Some(short)));
    let data: Result<Vec<_>, Ended> = source.events().map(|event| Ok(event?.data)).collect();
    assert_eq!(data.unwrap(), ["a"]);
    server.join().unwrap();
}

#[test]
fn an_abandoned_connection_is_closed_after_the_head_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        read_request(&mut socket);
        socket.write_all(HEAD.as_bytes()).unwrap();
        let long = Duration::from_secs(20);
        socket.set_read_timeout(Some(long)).unwrap();
        socket.read(&mut [0])
    });
    let source = EventSource::get(Agent::new_with_defaults(), &url).unwrap();
    let policy = Policy::once().head_timeout(Some(Duration::from_millis(50)));
    let mut source = source.policy(policy);
    assert!(matches!(source.next(), Some(Ok(Item::Open(_)))));
    drop(source);
    assert_eq!(server.join().unwrap().unwrap(), 0);
}
