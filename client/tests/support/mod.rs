//! A server on loopback that the transports are tested with.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use esse_client::{Ended, Item};

pub(crate) const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
pub(crate) const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Gives each connection the next answer, and returns the requests.
pub(crate) fn server(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    server_of_bytes(answers.into_iter().map(String::into_bytes).collect())
}

pub(crate) fn server_of_bytes(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = thread::spawn(move || {
        answers
            .iter()
            .map(|answer| {
                let (mut socket, _) = listener.accept().unwrap();
                let request = read_request(&mut socket);
                // A client that has read enough closes the connection.
                let _ = socket.write_all(answer);
                request
            })
            .collect()
    });
    (url, requests)
}

/// Reads up to the blank line. The body of a request stays unread.
pub(crate) fn read_request(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(socket.read(&mut byte).unwrap(), 1);
        request.extend(byte);
    }
    String::from_utf8(request).unwrap()
}

/// A URL that nothing listens at.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

/// An item in a word, so that a whole stream can be compared.
pub(crate) fn word(item: Result<Item, Ended>) -> String {
    match item {
        Ok(Item::Open(_)) => "open".into(),
        Ok(Item::Event(event)) => event.data,
        Ok(Item::Reconnecting(news)) => format!("{} #{}", news.cause, news.attempt),
        Ok(item) => format!("{item:?}"),
        Err(error) => format!("error: {error}"),
    }
}
