//! The examples end in bounded time after Ctrl-C, whatever their clients do.
#![cfg(all(unix, feature = "axum", feature = "serve"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::net::SocketAddr;

use http_body_util::BodyExt;
use support::client::{Events, get, text};
use support::program::Example;
use support::soon;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

const EVERYTHING: &str = "/eth/v1/events?topics=block,payload_attributes,contribution_and_proof";

#[tokio::test]
async fn beacon_serves_those_who_read_to_the_end_and_leaves_the_others() {
    let args = ["--port", "0", "--speed", "240", "--drain", "1"];
    let beacon = Example::start("beacon", &args);
    let (mut readers, mut stalled) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let body = get(beacon.address, EVERYTHING).await.into_body();
        readers.push(tokio::spawn(body.collect()));
        stalled.push(stalled_client(beacon.address).await);
    }
    // Now their buffers are full.
    while metric(beacon.address, "esse_lag").await < 100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    beacon.program.interrupt();
    assert_eq!(beacon.end().await, "stopped, some clients did not read\n");
    for reader in readers {
        // A connection that was cut off would be an error.
        let body = soon(reader).await.unwrap().unwrap().to_bytes();
        assert!(body.ends_with(b"\n\nretry: 2000\n\n"));
    }
}

/// A client that asks for everything and reads nothing.
async fn stalled_client(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = soon(socket.connect(address)).await.unwrap();
    let request = format!("GET {EVERYTHING} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn metric(address: SocketAddr, name: &str) -> u64 {
    let text = text(get(address, "/metrics").await).await;
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let (_, value) = lines.find(|(label, _)| *label == name).unwrap();
    value.parse().unwrap()
}

const ASK: &str = "/v1/chat/completions?prompt=one+two+three+four";

#[tokio::test]
async fn llm_finishes_running_answers_and_refuses_new_ones() {
    let llm = Example::start("llm", &["--port", "0", "--pace", "300", "--drain", "60"]);
    let mut running = Events::of(get(llm.address, ASK).await);
    running.next().await.unwrap();

    llm.program.interrupt();
    let mut refused = false;
    soon(async {
        while !refused {
            // The signal takes a moment to arrive.
            let response = get(llm.address, "/v1/chat/completions?prompt=").await;
            refused = response.status() == 503;
        }
    })
    .await;
    let rest = running.rest().await;
    assert_eq!(rest.last().unwrap().data, "[DONE]");
    let words = rest.iter().filter_map(|event| word(&event.data));
    assert_eq!(words.collect::<String>(), "one two three four");
    assert_eq!(llm.end().await, "stopped\n");
}

#[tokio::test]
async fn llm_cuts_off_what_takes_too_long() {
    let llm = Example::start("llm", &["--port", "0", "--pace", "100000", "--drain", "1"]);
    let answer = Events::of(get(llm.address, ASK).await);
    llm.program.interrupt();
    let rest = answer.rest().await;
    assert_eq!(rest.len(), 1);
    assert!(rest[0].data.starts_with(r#"{"error":"#), "{}", rest[0].data);
    assert_eq!(llm.end().await, "stopped\n");
}

fn word(data: &str) -> Option<String> {
    let chunk: serde_json::Value = serde_json::from_str(data).ok()?;
    chunk["choices"][0]["delta"]["content"]
        .as_str()
        .map(str::to_owned)
}
