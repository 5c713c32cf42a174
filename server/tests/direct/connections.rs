//! Connections that go wrong, and too many of them.

use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use esse_encoder::Block;
use esse_server::{Hub, response};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::client::{Client, GET, Server, status};

#[tokio::test]
async fn one_that_goes_is_seen_without_a_write() {
    let server = Server::start().await;
    let clients = [server.subscribe().await, server.subscribe().await];
    let [gone, mut stays] = clients;
    drop(gone);
    server.until(|hub| hub.closed.receiver == 1).await;
    server.hub.publish(Block::event("x")).unwrap();
    stays.until("data: x\n\n").await;
    assert_eq!(server.direct.metrics().connections, 1);
}

#[tokio::test]
async fn one_that_goes_before_its_head_is_whole() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send("GET / HT").await;
    server.until_direct(|direct| direct.connections == 1).await;
    drop(client);
    server.until_direct(|direct| direct.connections == 0).await;
    assert_eq!(server.direct.metrics().bad_heads, 0);
}

#[tokio::test]
async fn those_over_the_limit_are_told() {
    let server = Server::start_with(Hub::new(), |direct| direct.max_connections(2)).await;
    let first = server.subscribe().await;
    let second = server.subscribe().await;
    for _ in 0..3 {
        assert_eq!(status(&server.answer(GET).await), "503");
    }
    assert_eq!(server.direct.metrics().over_limit, 3);
    drop((first, second));
    server.until_direct(|direct| direct.connections == 0).await;
    server.subscribe().await;
}

/// The number of refused connections that do not close is bounded too.
#[tokio::test(start_paused = true)]
async fn those_over_the_limit_that_stay() {
    let server = Server::start_with(Hub::new(), |direct| {
        direct
            .max_connections(1)
            .close_within(Duration::from_secs(3600))
    })
    .await;
    let _first = server.subscribe().await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(server.connect().await);
    }
    server.until_direct(|direct| direct.over_limit == 100).await;
    assert_eq!(server.direct.metrics().connections, 65);
}

#[tokio::test]
async fn a_panic_of_the_application_costs_one_connection() {
    let server = Server::start_with(Hub::new(), |direct| {
        direct.on_request(|hub, request| {
            assert_ne!(request.uri().path(), "/panic", "as the test wants it");
            let picky = request.uri().path() == "/picky";
            let subscribe = hub.subscribe();
            Ok(response(subscribe.authorize(move |_| {
                assert!(!picky, "as the test wants it");
                true
            })))
        })
    })
    .await;
    let mut client = server.subscribe().await;
    let panic = "GET /panic HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(server.answer(panic).await, "");
    let picky = "GET /picky HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut picky = server.subscribe_with(picky).await;
    server.hub.publish(Block::event("x")).unwrap();
    client.until("data: x\n\n").await;
    picky.rest().await;
    server.hub.publish(Block::event("y")).unwrap();
    client.until("data: y\n\n").await;
    assert_eq!(server.direct.metrics().panics, 2);
    assert_eq!(server.hub.metrics().open, 1);
}

const CHILD: &str = "ESSE_TEST_WITH_FEW_FILES";

/// Runs itself again with few file descriptors, because the limit applies to the whole process.
#[test]
fn when_file_descriptors_run_out_it_waits() {
    let name = "connections::few_files";
    let run = Command::new("sh")
        .args(["-c", r#"ulimit -n 64; exec "$0" --exact "$1" --ignored"#])
        .args([env::current_exe().unwrap().to_str().unwrap(), name])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && output.contains("1 passed"),
        "{output}"
    );
}

#[tokio::test(start_paused = true)]
#[ignore = "started by when_file_descriptors_run_out_it_waits"]
async fn few_files() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let server = Server::start().await;
    let mut spare: Vec<_> = (0..4)
        .map(|_| fs::File::open("/dev/null").unwrap())
        .collect();
    let mut clients = Vec::new();
    while let Ok(client) = TcpStream::connect(server.at).await {
        clients.push(Client(client));
        // The server accepts it, if it can.
        sleep(Duration::from_millis(1)).await;
    }
    spare.pop();
    clients.push(server.connect().await);
    let start = Instant::now();
    let before = server.direct.metrics().accept_errors;
    server
        .until_direct(|direct| direct.accept_errors >= before + 10)
        .await;
    // On the paused clock of the test.
    assert!(
        start.elapsed() >= Duration::from_millis(900),
        "it waits between two attempts"
    );

    // Clients that were waiting are served as soon as there is room.
    let mut last = clients.pop().unwrap();
    clients.clear();
    last.send(GET).await;
    last.until(": \n\n").await;
}
