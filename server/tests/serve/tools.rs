//! With the programs that users put in front: curl and nginx.

use std::path::Path;
use std::process::Stdio;

use esse_encoder::Block;
use http_body_util::BodyExt;
use tokio::process::Command;

use crate::client::{Server, split, unchunked};
use crate::support::client::{Events, request, send};
use crate::support::nginx::Proxy;
use crate::support::program::installed;
use crate::support::{or_return, soon};

async fn curl(program: &Path, server: &Server, options: &[&str]) -> String {
    let child = Command::new(program)
        .args(["--silent", "--no-buffer", "--max-time", "60"])
        .args(options)
        .arg(format!("http://{}/events", server.at))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    server.until(|hub| hub.open == 1).await;
    let large = "c".repeat(100_000);
    let events = ["a", "b", &large].map(Block::event);
    server.hub.publish_all(events).unwrap();
    server.hub.drain();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "curl: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn expected() -> String {
    let large = "c".repeat(100_000);
    format!(": \n\ndata: a\n\ndata: b\n\ndata: {large}\n\n")
}

#[tokio::test]
async fn curl_reads_the_stream() {
    let program = or_return!(installed("curl"));
    for options in [&[][..], &["--http1.0"]] {
        let server = Server::start().await;
        assert!(
            curl(&program, &server, options).await == expected(),
            "{options:?}"
        );
    }
}

#[tokio::test]
async fn curl_shows_the_chunks() {
    let program = or_return!(installed("curl"));
    let server = Server::start().await;
    let answer = curl(&program, &server, &["--raw", "--include"]).await;
    let (head, body) = split(&answer);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(body.starts_with("4\r\n: \n\n\r\n9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n186a8\r\n"));
    assert!(unchunked(body) == expected());
}

#[tokio::test]
async fn through_nginx_events_arrive_one_by_one() {
    let nginx = or_return!(installed("nginx"));
    let server = Server::start().await;
    let to_server = format!("proxy_pass http://{};", server.at);
    let locations = format!(
        "location /1.0/ {{ {to_server} }}
        location /1.1/ {{ {to_server} proxy_http_version 1.1; }}"
    );
    // With the default settings for buffering.
    let proxy = Proxy::start(&nginx, &locations).await;
    // By default nginx talks HTTP/1.0 to its upstream.
    for path in ["/1.0/", "/1.1/"] {
        let open = server.hub.metrics().open;
        let mut response = send(proxy.connect().await, request(path)).await;
        let first = soon(response.frame()).await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), ": \n\n");
        let mut events = Events::of(response);
        for n in 0..20 {
            let data = format!("{n}{path}");
            server.hub.publish(Block::event(&*data)).unwrap();
            // The next event is published only after this one has arrived.
            assert_eq!(events.data().await, data);
        }
        assert_eq!(server.hub.metrics().open, open + 1);
        drop(events);
        // nginx closes its connection, and the server sees that.
        soon(server.until(|hub| hub.open == open)).await;
    }
}
