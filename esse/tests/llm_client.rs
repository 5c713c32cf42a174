//! The example `llm_client` against a server that answers once.
#![cfg(feature = "stream")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, unreachable_pub, clippy::print_stdout)]
#[path = "../examples/llm_client.rs"]
mod llm_client;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

/// What the client hands out, and how it ends, if the server sends this and then ends or hangs.
fn read(answer: &str, hangs: bool) -> (Vec<String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).unwrap();
        socket.write_all(answer.as_bytes()).unwrap();
        if hangs {
            // Until the client gives up.
            while socket.read(&mut request).is_ok_and(|read| read > 0) {}
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut tokens = Vec::new();
    let silence = Duration::from_millis(if hangs { 300 } else { 60_000 });
    let ended = runtime.block_on(llm_client::read_answer(&url, silence, |token| {
        tokens.push(token.to_owned());
    }));
    drop(runtime);
    server.join().unwrap();
    (
        tokens,
        ended.map_or_else(|error| error.to_string(), |()| "whole".into()),
    )
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

#[test]
fn each_end_is_told_apart() {
    let ends = [
        ("data: a\n\ndata: [DONE]\n\n", "whole"),
        ("data: a\n\n", "the answer ended before [DONE]"),
        (
            "data: a\n\ndata: b\n",
            "the answer was cut off inside an event",
        ),
        (
            "data: a\n\nevent: error\ndata: busy\n\n",
            "the server reports an error: busy",
        ),
    ];
    for (body, expected) in ends {
        let (tokens, ended) = read(&format!("{OK}{body}"), false);
        assert_eq!((tokens, &*ended), (vec!["a".to_owned()], expected));
    }
}

#[test]
fn what_is_not_an_event_stream_is_an_error_with_its_body() {
    let answer = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\n\
                  content-length: 10\r\n\r\n{\"no\":401}";
    let (tokens, ended) = read(answer, false);
    assert!(tokens.is_empty());
    assert!(ended.ends_with(r#"status 401, content type application/json, body {"no":401}"#));
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let (tokens, ended) = read(&format!("{OK}data: a\n\n"), true);
    assert_eq!(tokens, ["a"]);
    assert!(
        ended.starts_with("reading the event stream failed"),
        "{ended}"
    );
}
