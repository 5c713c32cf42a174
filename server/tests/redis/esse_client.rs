//! The client of this project, and a server that is killed again and again.

use std::env;
use std::future::pending;
use std::process::Stdio;
use std::sync::Arc;

use esse_client::Item;
use esse_server::Hub;
use esse_server::redis::RedisLog;

use crate::common::bound::bound;
use crate::common::esse_client::{client, next, read_until};
use crate::common::program::Program;
use crate::common::server::{Server, resuming_stream_of};
use crate::common::{or_return, until};
use crate::support::{KEY, Redis, free_port};

const URL: &str = "ESSE_TEST_SERVER_REDIS_URL";
const PORT: &str = "ESSE_TEST_SERVER_PORT";

const EVENTS: usize = 200;

/// A server, in the process that [`start`] made.
#[tokio::test(flavor = "multi_thread")]
async fn server_of_its_own() {
    let Ok(url) = env::var(URL) else { return };
    let log = RedisLog::new(redis::Client::open(url).unwrap(), KEY).page_size(5);
    let hub = Hub::builder()
        .keep_events(8)
        .history(Arc::new(log.clone()))
        .build();
    tokio::spawn(log.feed(&hub));
    let port: u16 = env::var(PORT).unwrap().parse().unwrap();
    let address = ([127, 0, 0, 1], port).into();
    let _server = Server::start_at(address, resuming_stream_of(&hub));
    pending::<()>().await;
}

fn start(redis: &Redis, port: u16) -> Program {
    let mut command = bound(env::current_exe().unwrap());
    command
        .args(["--exact", "esse_client::server_of_its_own"])
        .env(URL, redis.url())
        .env(PORT, port.to_string())
        .stdout(Stdio::null());
    Program::start(&mut command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let redis = or_return!(Redis::start().await);
    let port = free_port();
    let mut server = start(&redis, port);
    until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
    redis.feeds(1).await;
    let url = format!("http://127.0.0.1:{port}/");
    let mut client = client(reqwest::Client::builder(), &url);
    let Some(Item::Open(_)) = next(&mut client).await else {
        panic!("it opens first");
    };
    let mut seen = Vec::new();
    for number in 0..EVENTS {
        redis.add(&number.to_string()).await;
        if number % 40 == 20 {
            // Some of what was published has been read, and the rest is on its way.
            read_until(&mut client, &mut seen, number / 2).await;
            server.kill();
            server = start(&redis, port);
        }
    }
    read_until(&mut client, &mut seen, EVENTS).await;
    let expected: Vec<_> = (0..EVENTS).map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
    assert!(client.connection().attempt().number >= 5);
}
