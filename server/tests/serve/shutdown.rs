//! The end of the hub, and streams that nobody reads.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
#[cfg(unix)]
use std::{env, process::Command};

use axum::Router;
use axum::routing::get;
use esse_encoder::{Block, Data, EventId};
use esse_server::{Hub, KEEP_ALIVE_INTERVAL, Sink, serve};
use futures_util::{StreamExt, stream};
#[cfg(unix)]
use rustix::process::{Signal, getpid, kill_process};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::client::{Client, GET, Server, split, streams, unchunked};
use crate::counted::counted;
use crate::support::client::{Events, get_h2};

#[tokio::test]
async fn close_ends_every_body_properly() {
    let server = Server::start().await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(server.subscribe().await);
    }
    let mut in_head = server.connect().await;
    in_head.send("GET / HT").await;
    let mut kept_alive = server.connect().await;
    kept_alive.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    kept_alive.until("\r\n\r\n").await;
    server.until_serve(|serve| serve.connections == 22).await;
    let last = Block::new().retry(Duration::from_millis(9));
    server.hub.close_with(&last);
    for stream in &mut streams {
        assert_eq!(stream.rest().await, "\r\na\r\nretry: 9\n\n\r\n0\r\n\r\n");
    }
    drop(streams);
    let (hub, at) = (server.hub.clone(), server.at);
    server.stop().await;
    assert_eq!(in_head.rest().await, "");
    assert_eq!(kept_alive.rest().await, "");
    let refused = TcpStream::connect(at).await;
    assert!(refused.is_err(), "nobody is accepted any more");
    assert_eq!(hub.metrics().closed.shutdown, 20);
}

#[tokio::test]
async fn when_it_stops_clients_get_what_was_published() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(GET).await;
    server.until(|hub| hub.open == 1).await;
    let events = (0..500).map(|n| Block::event(n.to_string()));
    server.hub.publish_all(events).unwrap();
    server.hub.drain_with(&Block::event("last"));
    let hub = server.hub.clone();
    let reading = tokio::spawn(async move { client.rest().await });
    server.stop().await;
    let answer = reading.await.unwrap();
    let expected: Vec<_> = (0..500).map(|n| format!("data: {n}\n\n")).collect();
    let expected = format!(": \n\n{}data: last\n\n", expected.concat());
    assert_eq!(unchunked(split(&answer).1), expected);
    assert_eq!(hub.metrics().closed.shutdown, 1);
    assert!(hub.publish(Block::event("late")).is_err(), "it is drained");
}

#[cfg(unix)]
const CHILD: &str = "ESSE_TEST_WITH_SIGNALS";

/// Runs itself again, because a signal is for the whole process.
#[cfg(unix)]
#[test]
fn signals_stop_it_by_default() {
    for signal in ["INT", "TERM"] {
        let run = Command::new(env::current_exe().unwrap())
            .args(["--exact", "shutdown::by_signal", "--ignored"])
            .env(CHILD, signal)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&run.stdout);
        assert!(
            run.status.success() && output.contains("1 passed"),
            "{signal}: {output}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
#[ignore = "started by signals_stop_it_by_default"]
async fn by_signal() {
    let signal = match env::var(CHILD).as_deref() {
        Ok("INT") => Signal::INT,
        Ok("TERM") => Signal::TERM,
        _ => return,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let hub = Hub::new();
    let serving = tokio::spawn(serve(listener, streams(&hub)).hub(&hub).into_future());
    let mut client = Client(TcpStream::connect(at).await.unwrap());
    client.send(GET).await;
    client.until(": \n\n").await;
    kill_process(getpid(), signal).unwrap();
    assert_eq!(client.rest().await, "\r\n0\r\n\r\n");
    drop(client);
    serving.await.unwrap().unwrap();
}

/// On the paused clock of the test, nothing waits for a time limit.
#[tokio::test(start_paused = true)]
async fn it_ends_with_its_last_response() {
    let server = Server::start().await;
    let mut parked = server.subscribe().await;
    let mut unparked = server.subscribe_with("GET / HTTP/1.0\r\n\r\n").await;
    let reading = tokio::spawn(async move { (parked.rest().await, unparked.rest().await) });
    // These have none, and stay open.
    let mut begun = Vec::new();
    for preface in [
        "PRI",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(preface).await;
        begun.push(client);
    }
    server.until_serve(|serve| serve.connections == 5).await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(reading.await.unwrap().0, "\r\n0\r\n\r\n");
}

#[tokio::test]
async fn limits_without_end() {
    let none = Duration::MAX;
    let server = Server::start_set(|serve| {
        let serve = serve.head_within(none).stalled_after(none);
        serve.close_within(none).drain_within(none).keep_alive(none)
    })
    .await;
    let mut parked = server.subscribe().await;
    let mut unparked = server.subscribe_with("GET / HTTP/1.0\r\n\r\n").await;
    let mut http_2 = Events::of(get_h2(server.at, "/").await);
    server.hub.publish(Block::event("x")).unwrap();
    parked.until("data: x\n\n").await;
    unparked.until("data: x\n\n").await;
    assert_eq!(http_2.data().await, "x");
    let reading = tokio::spawn(async move { (parked.rest().await, unparked.rest().await) });
    server.stop().await;
    assert_eq!(reading.await.unwrap().0, "\r\n0\r\n\r\n");
    assert!(http_2.next().await.is_none());
}

/// Of the first request on its connection, and of a later one.
#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_its_time_still_arrives() {
    let server = Server::start_app(|_| {
        let slow = async || {
            sleep(Duration::from_secs(3)).await;
            "slow"
        };
        Router::new().route("/", get("")).route("/slow", get(slow))
    })
    .await;
    let slow = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut clients = [server.connect().await, server.connect().await];
    clients[0].send(slow).await;
    clients[1].send(GET).await;
    clients[1].until("\r\n\r\n").await;
    clients[1].send(slow).await;
    // The server reads that.
    sleep(Duration::from_secs(1)).await;
    server.stop().await;
    for mut client in clients {
        assert!(client.rest().await.ends_with("\r\n\r\nslow"));
    }
}

/// A stream that is not a hub's, but guarded by it, runs to its end.
#[tokio::test(start_paused = true)]
async fn a_guarded_stream_has_the_time_to_end() {
    let server = Server::start_app(|hub| {
        let hub = hub.clone();
        let tokens = async move || {
            let tokens = stream::iter(0..4).then(|n| async move {
                sleep(Duration::from_secs(1)).await;
                Block::event(n.to_string()).to_frame()
            });
            Sink::new(hub.guard(tokens))
        };
        Router::new().fallback(get(tokens))
    })
    .await;
    let mut client = server.subscribe().await;
    let reading = tokio::spawn(async move { client.rest().await });
    server.stop().await;
    let rest = reading.await.unwrap();
    assert!(
        rest.contains("data: 3\n\n") && rest.ends_with("\r\n0\r\n\r\n"),
        "{rest}"
    );
}

#[tokio::test]
async fn a_hub_that_is_closed_already() {
    let hub = Hub::new();
    hub.close();
    let server = Server::start_hub(hub).await;
    let answer = server.answer(GET).await;
    assert_eq!(unchunked(split(&answer).1), ": \n\n");
    server.stop().await;
}

/// All that a test can see of a server that was dropped: its connections are closed.
#[tokio::test]
async fn dropping_it_closes_all_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let hub = Hub::new();
    let serving = tokio::spawn(
        serve(listener, streams(&hub))
            .until(pending())
            .into_future(),
    );
    let mut parked = Client(TcpStream::connect(at).await.unwrap());
    parked.send(GET).await;
    parked.until(": \n\n").await;
    let mut unparked = Client(TcpStream::connect(at).await.unwrap());
    unparked.send("GET / HTTP/1.0\r\n\r\n").await;
    unparked.until(": \n\n").await;
    serving.abort();
    assert_eq!(parked.rest().await, "\r\n");
    unparked.rest().await;
    assert!(hub.publish(Block::event("x")).is_ok(), "it is not drained");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_up_the_end_for_a_bounded_time() {
    let server = Server::start().await;
    let stalled = stalled(&server, GET, 1).await;
    let silent = server.subscribe().await;
    let start = Instant::now();
    let hub = server.hub.clone();
    hub.close();
    server.stop().await;
    // On the paused clock of the test.
    let took = start.elapsed();
    assert!(took <= Duration::from_secs(7), "{took:?}");
    assert_eq!(hub.metrics().open, 0);
    assert_eq!(hub.metrics().closed.stalled, 1);
    assert_eq!(hub.metrics().closed.shutdown, 1);
    drop((stalled, silent));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_for_too_long_is_cut_off() {
    for (request, counts) in [(GET, true), ("GET / HTTP/1.0\r\n\r\n", false)] {
        let server = Server::start().await;
        let mut reads = server.subscribe().await;
        let reading = tokio::spawn(async move { reads.rest().await });
        let mut stalled = stalled(&server, request, 2).await;
        // hyper does not say why it ends a response.
        server
            .until(|hub| hub.closed.stalled + hub.closed.receiver == 1)
            .await;
        assert_eq!(server.hub.metrics().closed.stalled == 1, counts);
        let cut = stalled.rest().await;
        assert!(!cut.ends_with("0\r\n\r\n"));
        assert!(cut.len() < LARGE);
        assert_eq!(server.hub.metrics().open, 1, "who reads stays");
        server.hub.close();
        assert!(reading.await.unwrap().ends_with("0\r\n\r\n"));
    }
}

const LARGE: usize = 32 << 20;

/// A client that reads nothing of an event that is larger than all buffers of the system. Other
/// clients get the event too, and must read it or stall themselves.
async fn stalled(server: &Server, request: &str, open: usize) -> Client {
    let mut client = server.connect().await;
    client.send(request).await;
    client.until(": \n\n").await;
    assert_eq!(server.hub.metrics().open, open);
    let large = Block::event("x".repeat(LARGE));
    server.hub.publish(large).unwrap();
    client
}

#[tokio::test(start_paused = true)]
async fn keep_alives_come_from_the_hub() {
    let server = Server::start().await;
    let mut client = server.subscribe().await;
    let start = Instant::now();
    client.until("\r\n4\r\n: \n\n").await;
    assert!(start.elapsed() <= KEEP_ALIVE_INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_one_frame_at_most() {
    const KEPT: usize = 4;
    let hub = Hub::builder().keep_events(KEPT).build();
    let server = Server::start_hub(hub).await;
    let clients = [
        server.subscribe().await,
        server.subscribe().await,
        server.subscribe().await,
    ];
    let token = Arc::new(());
    let held = || Arc::strong_count(&token) - 1;
    for n in 0..100_u64 {
        let data = Data::try_from(counted(vec![b'x'; 1 << 20], &token)).unwrap();
        let block = Block::event(data).id(EventId::from(n));
        server.hub.publish(block).unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    // The test means something: the connections do hold one payload.
    let most = KEPT + clients.len();
    assert!((KEPT + 1..=most).contains(&held()), "{} are held", held());

    server.until(|hub| hub.closed.stalled == 3).await;
    assert_eq!(held(), KEPT);
}
