//! What the client costs beside its transport: allocations, memory, and what a crowd of clients does
//! to a server that comes back. Virtual time only.
#![cfg(feature = "stream")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unwrap_used
)]

use std::convert::Infallible;
use std::future::{Pending, Ready, pending, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use esse_client::parser::Chunk;
use esse_client::{
    Action, Connection, EventSource, Failure, Head, NotSent, Policy, Timer, Transport,
};
use futures_util::{FutureExt, StreamExt};
use http_body::{Body, Frame};

const STREAM: Head<'static> = Head::new(200, Some("text/event-stream"));

#[test]
fn an_event_that_borrows_from_its_chunk_allocates_nothing() {
    let now = Duration::ZERO;
    let mut connection = Connection::new(Policy::standard(), now, 1);
    connection.sent(now, true);
    connection.head(now, &STREAM);
    let text = "data: x\n\n".repeat(1000);
    let mut events = 0;
    let counted = measure(|| {
        connection.received(now);
        let mut chunk = Chunk::new(text.as_bytes());
        while let Ok(Some(_)) = connection.next_event(now, &mut chunk) {
            events += 1;
        }
    });
    assert_eq!((events, counted.count_total), (1000, 0));
}

#[test]
fn an_idle_client_takes_at_most_a_kibibyte() {
    const CLIENTS: usize = 1000;

    let request = http::Request::get("http://127.0.0.1/events?topics=head")
        .body(Bytes::new())
        .unwrap();
    let policy = Policy::persistent();
    let mut clients = Vec::with_capacity(CLIENTS);
    let counted = measure(|| {
        for _ in 0..CLIENTS {
            let client = EventSource::with_timer(Silent, Still, request.clone());
            let mut client = client.policy(policy.clone());
            // It opens, and then waits for the first byte.
            assert!(client.next().now_or_never().is_some());
            assert!(client.next().now_or_never().is_none());
            clients.push(client);
        }
    });
    let each = size_of::<EventSource<Silent, Still>>() + counted.bytes_current as usize / CLIENTS;
    println!("{each} bytes");
    assert!(each <= 1024, "{each}");
}

/// A server that answers each request with a stream in which nothing comes.
struct Silent;

/// The body of that stream.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

impl Transport for Silent {
    type Body = Nothing;
    type Sending = Ready<Result<http::Response<Nothing>, NotSent>>;

    fn send(&mut self, _: http::Request<Bytes>) -> Self::Sending {
        let response = http::Response::builder().header("content-type", "text/event-stream");
        ready(Ok(response.body(Nothing).unwrap()))
    }
}

/// A clock that stands still.
struct Still;

impl Timer for Still {
    type Sleep = Pending<()>;

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep_until(&self, _: Duration) -> Pending<()> {
        pending()
    }
}

/// A server with ten thousand clients dies, and is there again after half a minute.
#[test]
fn a_crowd_that_was_cut_off_comes_back_spread_out() {
    for (retry, most_tries, most_back) in [(3000, 36, 15), (7000, 15, 15), (10_000, 11, 11)] {
        let crowd = crowd(Duration::from_millis(retry));
        println!("retry: {retry}: at most {crowd:?} % in one second");
        assert!(crowd.tries <= most_tries, "{crowd:?}");
        assert!(crowd.come_back <= most_back, "{crowd:?}");
    }
}

/// The most clients in one second, of a hundred.
#[derive(Debug)]
struct Crowd {
    tries: usize,
    come_back: usize,
}

fn crowd(reconnection_time: Duration) -> Crowd {
    const CLIENTS: usize = 10_000;
    const DOWN: Duration = Duration::from_secs(30);

    let (mut tries, mut come_back) = ([0; 200], [0; 200]);
    for seed in 0..CLIENTS as u64 {
        let mut client = Connection::new(Policy::persistent(), Duration::ZERO, seed);
        client.sent(Duration::ZERO, true);
        client.head(Duration::ZERO, &STREAM);
        let text = format!("retry: {}\ndata: x\n\n", reconnection_time.as_millis());
        let mut chunk = Chunk::new(text.as_bytes());
        while let Ok(Some(_)) = client.next_event(Duration::ZERO, &mut chunk) {}
        client.failed(Duration::ZERO, Failure::Broken);
        let mut before = Duration::ZERO;
        loop {
            let Action::Wait { until } = client.action() else {
                panic!("{:?}", client.action());
            };
            assert!(until >= before + reconnection_time);
            before = until;
            client.elapsed(until);
            let second = until.as_secs() as usize;
            tries[second] += 1;
            if until >= DOWN {
                come_back[second] += 1;
                break;
            }
            client.failed(until, Failure::Unreachable);
        }
    }
    let most = |counts: [usize; 200]| counts.into_iter().max().unwrap() * 100 / CLIENTS;
    Crowd {
        tries: most(tries),
        come_back: most(come_back),
    }
}
