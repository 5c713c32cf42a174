//! Requests that are refused.

use std::time::Duration;

use esse_encoder::Block;
use esse_server::Hub;
use esse_server::direct::Direct;
use tokio::io::AsyncWriteExt;

use crate::client::{GET, Server, split, status};

const FIELDS: &str = "Host: h\r\n\r\n";

#[tokio::test]
async fn bad_requests() {
    let server = Server::start().await;
    let long = "x".repeat(8192);
    let many = "A: b\r\n".repeat(64);
    let get = |line: &str| format!("GET / HTTP/1.1\r\n{line}\r\n{FIELDS}");
    let length_3 = "Content-Length: 3";
    let table: &[(&str, String)] = &[
        // Not HTTP, or malformed.
        ("400", "\x16\x03\x01\x02\0\x01\0".into()),
        ("400", format!("GET\r\n{FIELDS}")),
        ("400", format!("GET  / HTTP/1.1\r\n{FIELDS}")),
        ("400", format!("GET /a b HTTP/1.1\r\n{FIELDS}")),
        ("400", format!("GET /#a HTTP/1.1\r\n{FIELDS}")),
        ("400", format!("GET h:80 HTTP/1.1\r\n{FIELDS}")),
        ("505", format!("GET / HTTP/2.0\r\n{FIELDS}")),
        ("505", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
        ("405", format!("POST / HTTP/1.1\r\n{FIELDS}")),
        ("405", format!("OPTIONS * HTTP/1.1\r\n{FIELDS}")),
        ("405", format!("CONNECT h:80 HTTP/1.1\r\n{FIELDS}")),
        // Hosts.
        ("400", "GET / HTTP/1.1\r\n\r\n".into()),
        ("400", format!("GET / HTTP/1.1\r\nHost: a\r\n{FIELDS}")),
        ("400", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n".into()),
        // What two readers could read in two ways.
        ("400", format!("GET / HTTP/1.1\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\rC: d\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\r\n c\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA: b\0\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\nA : b\r\n{FIELDS}")),
        ("400", format!("GET / HTTP/1.1\r\n: b\r\n{FIELDS}")),
        ("400", get("Transfer-Encoding: chunked") + "0\r\n\r\n"),
        ("400", get("Transfer-Encoding: xchunked")),
        (
            "400",
            get(&format!("{length_3}\r\nTransfer-Encoding: chunked")) + "0\r\n\r\n",
        ),
        (
            "400",
            get(&format!("Content-Length: 0\r\n{length_3}")) + "abc",
        ),
        ("400", get("Content-Length: +0")),
        ("413", get(length_3) + "abc"),
        // Limits.
        ("414", format!("GET /{long} HTTP/1.1\r\n{FIELDS}")),
        ("431", format!("GET / HTTP/1.1\r\nA: {long}\r\n{FIELDS}")),
        ("431", format!("GET / HTTP/1.1\r\n{many}{FIELDS}")),
    ];
    for (expected, request) in table {
        let shown = &request[..request.len().min(80)];
        let answer = server.answer(request).await;
        let (head, body) = split(&answer);
        assert_eq!(status(head), *expected, "{shown:?} got {answer:?}");
        assert!(head.contains("\r\nconnection: close"), "{head}");
        let length = format!("\r\ncontent-length: {}", body.len());
        assert!(head.contains(&length), "{head}");
        let allow = head.contains("\r\nallow: GET, HEAD");
        assert_eq!(allow, *expected == "405", "{head}");
        let answers = answer.matches("\r\ndate: ").count();
        assert_eq!(answers, 1, "{answer}");
    }
    assert_eq!(server.direct.metrics().bad_heads, table.len() as u64);
    assert_eq!(server.hub.metrics().opened, 0);
}

#[tokio::test]
async fn a_head_in_any_two_pieces_is_answered_alike() {
    let server = Server::start().await;
    let right = "HEAD /events HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 7\r\n\r\n";
    let wrong = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n";
    for (expected, head) in [("200", right), ("400", wrong)] {
        for cut in 0..head.len() {
            let mut client = server.connect().await;
            client.send(&head[..cut]).await;
            // Gives the server time to read that.
            tokio::time::sleep(Duration::from_millis(1)).await;
            // It may have refused already.
            let _ = client.0.write_all(&head.as_bytes()[cut..]).await;
            assert_eq!(status(&client.rest().await), expected, "cut at {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_to_its_end() {
    let limited = |direct: Direct| direct.head_within(Duration::from_secs(10));
    let server = Server::start_with(Hub::new(), limited).await;
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\n"] {
        let start = tokio::time::Instant::now();
        let answer = server.answer(begun).await;
        assert_eq!(status(&answer), "408", "{begun:?}");
        assert!(start.elapsed() >= Duration::from_secs(10));
    }
    assert_eq!(server.direct.metrics().slow_heads, 3);
}

/// The limit applies to the whole head: sending a byte now and then does not extend it.
#[tokio::test(start_paused = true)]
async fn a_head_that_comes_slowly() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let start = tokio::time::Instant::now();
    for byte in GET.as_bytes() {
        if client.0.write_all(&[*byte]).await.is_err() || server.direct.metrics().slow_heads > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(status(&client.rest().await), "408");
    // On the paused clock of the test.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn what_comes_after_the_head_is_thrown_away() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(GET.repeat(3)).await;
    client.until(": \n\n").await;
    client.send(GET).await;
    server.hub.publish(Block::event("x")).unwrap();
    client.until("data: x\n\n").await;
    server.hub.drain();
    assert_eq!(client.rest().await, "\r\n0\r\n\r\n");
    assert_eq!(server.hub.metrics().opened, 1);
}

#[tokio::test]
async fn who_sends_too_much_is_cut_off() {
    let server = Server::start().await;
    let mut client = server.subscribe().await;
    let noise = vec![b'x'; 32 * 1024];
    // Until the connection is gone.
    while client.0.write_all(&noise).await.is_ok() {}
    server.until(|hub| hub.closed.receiver == 1).await;
    assert_eq!(server.direct.metrics().connections, 0);
}
