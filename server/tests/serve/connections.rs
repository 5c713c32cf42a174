//! Connections that go wrong, and too many of them.

use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use axum::Router;
use axum::http::Uri;
use axum::routing::get;
use esse_encoder::Block;
use esse_server::serve::Metrics;
use esse_server::{Record, Sink};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use crate::client::{Client, GET, Server, status};
use crate::support::{soon, until};

#[tokio::test]
async fn one_that_goes_is_seen_without_a_write() {
    let server = Server::start().await;
    let clients = [server.subscribe().await, server.subscribe().await];
    let [gone, mut stays] = clients;
    drop(gone);
    server.until(|hub| hub.closed.receiver == 1).await;
    server.hub.publish(Block::event("x")).unwrap();
    stays.until("data: x\n\n").await;
    assert_eq!(server.metrics.read().connections, 1);
}

#[tokio::test]
async fn one_that_goes_before_its_head_is_whole() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send("GET / HT").await;
    server.until_serve(|serve| serve.connections == 1).await;
    drop(client);
    server.until_serve(|serve| serve.connections == 0).await;
    assert_eq!(server.metrics.read().slow_heads, 0);
}

#[tokio::test]
async fn connections_over_the_limit_are_refused() {
    let server = Server::start_set(|serve| serve.max_connections(2)).await;
    let first = server.subscribe().await;
    let second = server.subscribe().await;
    for _ in 0..3 {
        assert_eq!(status(&server.answer(GET).await), "503");
    }
    assert_eq!(server.metrics.read().over_limit, 3);
    drop((first, second));
    server.until_serve(|serve| serve.connections == 0).await;
    server.subscribe().await;
}

/// The number of refused connections that do not close is bounded too.
#[tokio::test(start_paused = true)]
async fn refused_connections_that_do_not_close() {
    let server = Server::start_set(|serve| {
        serve
            .max_connections(1)
            .close_within(Duration::from_secs(3600))
    })
    .await;
    let _first = server.subscribe().await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(server.connect().await);
    }
    server.until_serve(|serve| serve.over_limit == 100).await;
    assert_eq!(server.metrics.read().connections, 65);
}

#[tokio::test]
async fn one_address_cannot_take_all() {
    let server = Server::start_set(|serve| serve.max_connections_per_address(2)).await;
    let first = server.subscribe().await;
    let _second = server.subscribe().await;
    assert_eq!(status(&server.answer(GET).await), "429");
    // All of 127.0.0.0/8 is this machine, at least on Linux.
    let mut others = Vec::new();
    if cfg!(target_os = "linux") {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        let mut other = Client(socket.connect(server.at).await.unwrap());
        other.send(GET).await;
        other.until(": \n\n").await;
        others.push(other);
    }
    drop(first);
    server
        .until_serve(|serve| serve.connections == 1 + others.len())
        .await;
    server.subscribe().await;
    assert_eq!(server.metrics.read().over_limit, 1);
}

#[tokio::test]
async fn a_panic_of_the_application_costs_one_connection() {
    let server = Server::start_app(|hub| {
        let hub = hub.clone();
        let events = async move |uri: Uri| {
            assert_ne!(uri.path(), "/panic", "as the test wants it");
            let picky = uri.path() == "/picky";
            let subscribe = hub.subscribe().authorize(move |_| {
                assert!(!picky, "as the test wants it");
                true
            });
            Sink::new(subscribe.open())
        };
        Router::new().fallback(get(events))
    })
    .await;
    let mut client = server.subscribe().await;
    let panic = "GET /panic HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(server.answer(panic).await, "");
    let picky = "GET /picky HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut picky = server.subscribe_with(picky).await;
    let addressed = |text| Record::new(&Block::event(text)).for_audience("all");
    server.hub.publish(addressed("x")).unwrap();
    client.until("data: x\n\n").await;
    picky.rest().await;
    server.hub.publish(addressed("y")).unwrap();
    client.until("data: y\n\n").await;
    server.until_serve(|serve| serve.panics == 2).await;
    assert_eq!(server.hub.metrics().open, 1);
}

/// A connection that is parked has no task of its own, and its subscriber is woken all the same.
#[tokio::test]
async fn parked_connections_have_no_task() {
    let server = Server::start().await;
    let mut clients = vec![server.subscribe().await];
    let tasks = || Handle::current().metrics().num_alive_tasks();
    server.until_serve(|serve| serve.parked == 1).await;
    let before = tasks();
    for _ in 0..100 {
        clients.push(server.subscribe().await);
    }
    server.until_serve(|serve| serve.parked == 101).await;
    until(|| tasks() == before).await;
    server.hub.publish(Block::event("x")).unwrap();
    for client in &mut clients {
        client.until("data: x\n\n").await;
    }
}

#[tokio::test]
async fn a_server_that_is_dropped_has_no_connections() {
    let mut server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(server.subscribe().await);
    }
    server.until_serve(|serve| serve.parked == 20).await;
    server.abort().await;
    let none = |serve: &Metrics| serve.parked == 0 && serve.connections == 0;
    soon(server.until_serve(none)).await;
    soon(server.until(|hub| hub.open == 0)).await;
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
    let before = server.metrics.read().accept_errors;
    server
        .until_serve(|serve| serve.accept_errors >= before + 10)
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
