//! The server from the outside, through sockets. The tests of `esse replay` have more: pace, cuts,
//! stalls and compression.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use esse_replay::{Answer, RecordedEnd, Recording, ReplayServer, Start};
use http::{HeaderValue, StatusCode};

/// What comes back for a request, to the end of the connection.
fn ask(server: &ReplayServer, request: &str, body: &str) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(server.address())?;
    let length = body.len();
    write!(
        socket,
        "{request}\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut response = String::new();
    socket.read_to_string(&mut response)?;
    Ok(response)
}

fn events() -> Recording {
    Recording::get("/events?a=b")
        .chunk("id: 1\ndata: a\n\n")
        .chunk_after(Duration::from_secs(3600), "id: 2\ndata: b\n\n")
}

#[test]
fn each_request_gets_the_recording_with_its_method_and_path() {
    let answer = Recording::of("POST", "/chat").chunk("data: [DONE]\n\n");
    let server = ReplayServer::builder();
    let server = server
        .recording(events())
        .recording(answer)
        .start()
        .unwrap();
    assert_eq!(
        server.url(),
        format!("http://{}/events?a=b", server.address())
    );
    for (request, body, part, answer) in [
        ("POST /chat HTTP/1.1", "{}", "data: [DONE]\n\n", 1),
        ("GET /events HTTP/1.1", "", "data: b\n\n", 0),
        (
            "GET /events HTTP/1.1\r\nLast-Event-ID: 2",
            "",
            "0\r\n\r\n",
            0,
        ),
    ] {
        let response = ask(&server, request, body).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.contains("content-type: text/event-stream\r\n"));
        assert!(response.contains(part), "{response}");
        let request = server.requests().pop().unwrap();
        assert_eq!(request.body, body);
        assert!(matches!(request.answer, Answer::Recording { index, .. } if index == answer));
    }
    let last = server.requests().pop().unwrap();
    let start = Start::After("2".to_owned());
    assert_eq!(last.answer, Answer::Recording { index: 0, start });
    let unknown = ask(&server, "GET /chat HTTP/1.1", "").unwrap();
    assert!(unknown.starts_with("HTTP/1.1 404 "), "{unknown}");
    let played = server.played();
    assert_eq!((played.requests, played.chunks, played.bytes), (4, 3, 44));
}

#[test]
fn a_secret_that_was_masked_stands_for_any_value() {
    let queries = [
        "token=***&a=1",
        "token=***&a=2",
        "a=***&token=kept",
        "a=2&token=kept",
        "token=***",
    ];
    let server = queries
        .iter()
        .fold(ReplayServer::builder(), |server, query| {
            server.recording(Recording::get(&format!("/events?{query}")))
        });
    let server = server.start().unwrap();
    for (query, expected) in [
        ("?token=s1&a=1", 0),
        ("?token=s2&a=2", 1),
        ("?token=&a=2", 1),
        ("?a=2&token=kept", 3),
        ("?a=3&token=kept", 2),
        ("?token=s&t", 0),
        ("?token=s", 4),
        ("?token", 0),
        ("?token=s2&a=2&b", 0),
        ("?other=s2&a=2", 0),
        ("", 0),
    ] {
        ask(&server, &format!("GET /events{query} HTTP/1.1"), "").unwrap();
        let answer = server.requests().pop().unwrap().answer;
        assert!(
            matches!(answer, Answer::Recording { index, .. } if index == expected),
            "{query}: {answer:?}"
        );
    }
}

/// Without the header, a `fetch()` of a page sees a network error in their place.
#[test]
fn any_page_may_read_refusals_and_what_is_not_there() {
    let builder = ReplayServer::builder().recording(events());
    let builder = builder.recording(Recording::get("/other"));
    let builder = builder.refuse(1, StatusCode::SERVICE_UNAVAILABLE);
    let server = builder.retry_after(HeaderValue::from_static("7"));
    let server = server.start().unwrap();
    let refused = ask(&server, "GET /events HTTP/1.1", "").unwrap();
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(
        refused.contains("access-control-expose-headers: retry-after\r\n"),
        "{refused}"
    );
    let unknown = ask(&server, "GET /chat HTTP/1.1", "").unwrap();
    assert!(unknown.starts_with("HTTP/1.1 404 "), "{unknown}");
    for answer in [refused, unknown] {
        assert!(
            answer.contains("access-control-allow-origin: *\r\n"),
            "{answer}"
        );
    }
}

#[test]
fn a_refusal_that_ends_no_response_is_invalid() {
    for (status, is_valid) in [
        (100, false),
        (101, false),
        (103, false),
        (199, false),
        (200, true),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let server = ReplayServer::builder().recording(events());
        let started = server.refuse(1, status).start();
        let kind = started.map(drop).map_err(|error| error.kind());
        let expected = is_valid.then_some(()).ok_or(ErrorKind::InvalidInput);
        assert_eq!(kind, expected, "{status}");
    }
}

#[test]
fn refusals_come_first_and_faults_after() {
    let server = ReplayServer::builder()
        .recording(events())
        .refuse(1, StatusCode::TOO_MANY_REQUESTS)
        .retry_after(HeaderValue::from_static("7"))
        .content_type(HeaderValue::from_static("text/html"))
        .reset_after(1)
        .start()
        .unwrap();
    let refused = ask(&server, "GET / HTTP/1.1", "").unwrap();
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    assert!(refused.contains("retry-after: 7\r\n"), "{refused}");
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut response = Vec::new();
    let error = socket.read_to_end(&mut response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let response = String::from_utf8(response).unwrap();
    assert!(
        response.contains("content-type: text/html\r\n"),
        "{response}"
    );
    assert!(response.contains("data: a\n\n") && !response.contains("data: b\n\n"));
}

#[test]
fn a_recording_that_broke_breaks_again() {
    let mut recording = events();
    recording.end = Some((Duration::ZERO, RecordedEnd::Broken));
    let server = ReplayServer::builder()
        .recording(recording)
        .start()
        .unwrap();
    let response = ask(&server, "GET / HTTP/1.1", "").unwrap();
    assert!(response.contains("data: b\n\n"));
    // Without the last chunk, which is empty.
    assert!(!response.ends_with("0\r\n\r\n"), "{response}");
}

#[test]
fn requests_are_reported_or_kept() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&seen);
    let server = ReplayServer::builder()
        .recording(events())
        .on_request(move |request| reported.lock().unwrap().push(request.uri.to_string()))
        .start()
        .unwrap();
    ask(&server, "GET /x HTTP/1.1", "").unwrap();
    assert_eq!(*seen.lock().unwrap(), ["/x"]);
    assert!(server.requests().is_empty());
}

#[test]
fn it_ends_when_it_is_dropped() {
    let server = ReplayServer::builder()
        .recording(events())
        .speed(1.0)
        .start()
        .unwrap();
    let address = server.address();
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut buffer = [0; 1024];
    assert_ne!(socket.read(&mut buffer).unwrap(), 0);
    // In the middle of a response.
    drop(server);
    while !matches!(socket.read(&mut buffer), Ok(0) | Err(_)) {}
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn what_cannot_be_played_is_refused() {
    let mut no_url = events();
    no_url.head.url = "http://a b".to_owned();
    let mut no_status = events();
    no_status.head.status = 7;
    let mut compressed = events();
    let encoding = ("content-encoding".to_owned(), "br".to_owned());
    compressed.head.headers.push(encoding);
    for recording in [no_url, no_status, compressed] {
        let server = ReplayServer::builder()
            .recording(recording)
            .gzip(true)
            .start();
        assert_eq!(server.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

/// Before a page of another origin may send JSON or a `Last-Event-ID`, its browser asks.
#[test]
fn a_preflight_request_is_granted_what_it_asks_for_and_is_not_refused() {
    let server = ReplayServer::builder().recording(events());
    let server = server.refuse(1, StatusCode::SERVICE_UNAVAILABLE).start();
    let server = server.unwrap();
    let preflight = "OPTIONS /events HTTP/1.1\r\nOrigin: http://a.test\r\n\
        Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: last-event-id";
    let response = ask(&server, preflight, "").unwrap();
    assert!(response.starts_with("HTTP/1.1 204 "), "{response}");
    for header in ["origin: *", "methods: GET", "headers: last-event-id"] {
        let header = format!("access-control-allow-{header}\r\n");
        assert!(response.contains(&header), "{response}");
    }
    let response = ask(&server, "GET /events HTTP/1.1", "").unwrap();
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    let answers = server.requests().into_iter().map(|request| request.answer);
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers, [Answer::Preflight, Answer::Refused(1)]);
    assert_eq!(server.played().requests, 1);
}
