//! A hundred clients over real sockets that stall, disconnect and come back as they like, while
//! two hundred events are published: what each of them got is checked against a model.
//!
//! The model: of the events that a client may see (its topics, and those that are for it), it got
//! a run without a gap and without a double, from the one that was published next when it first
//! came. Only where it was told of a gap may the next one be any later one.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

#[path = "../examples/beacon/random.rs"]
#[allow(dead_code, reason = "the example uses the rest")]
mod random;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use esse_encoder::{Block, EventType};
use esse_parser::OwnedEvent;
use esse_server::{Hub, LastEventId, Record, Recovery, Sink, Topics};
use random::Random;
use serde::Deserialize;
use support::client::{Events, request, send};
use support::server::Server;
use support::{id_of, soon, until};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

const CLIENTS: u64 = 100;
const PUBLISHED: usize = 200;
/// Much less than is published, so that some fall behind it.
const KEPT: usize = 20;
/// More than fits into the buffers of a connection, over a few events.
const PADDING: usize = 8 * 1024;
const TOPICS: [&str; 4] = ["head", "block", "attestation", "chain_reorg"];
const GROUPS: [&str; 3] = ["a", "b", "c"];
/// The last event: every client waits for it.
const END: &str = "end";
const GAP: EventType = EventType::from_static("gap");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_gets_has_no_gap_but_those_it_is_told_of() {
    let hub = Hub::builder().keep_events(KEPT).on_gap(|_| gap()).build();
    let (published, seen_published) = watch::channel(0);
    let server = Server::start_with_small_buffers(app(&hub));
    let events = Arc::new(events(11));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|seed| Client::new(seed, server.address, seen_published.clone()))
        .map(|client| tokio::spawn(client.run()))
        .collect();
    until(|| hub.metrics().open > 50).await;
    for (number, event) in events.iter().enumerate() {
        hub.publish(event.record(number)).unwrap();
        published.send_replace(number + 1);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let mut totals = Totals::default();
    for client in clients {
        soon(client).await.unwrap().check(&events, &mut totals);
    }
    println!("{totals:?}");
    assert!(totals.gaps > 0 && totals.seamless > 0 && totals.received > 0);
    assert!(hub.metrics().dropped.fell_behind > 0);
    assert!(hub.metrics().denied > 0);
}

/// Goes on with all there is, after a notice.
fn gap() -> Recovery {
    Recovery::oldest().with(Block::event("").event_type(GAP))
}

/// One event, as the model knows it.
struct Event {
    topic: &'static str,
    /// For whom it is; `None`: for all.
    audience: Option<&'static str>,
}

fn events(seed: u64) -> Vec<Event> {
    let mut random = Random::new(seed);
    let mut events: Vec<_> = (1..PUBLISHED).map(|_| event(&mut random)).collect();
    events.push(Event {
        topic: END,
        audience: None,
    });
    events
}

fn event(random: &mut Random) -> Event {
    let for_all = random.once_in(2);
    Event {
        topic: pick(random, &TOPICS),
        audience: (!for_all).then(|| pick(random, &GROUPS)),
    }
}

fn pick(random: &mut Random, from: &[&'static str]) -> &'static str {
    from[usize::try_from(random.below(from.len() as u64)).unwrap()]
}

impl Event {
    fn record(&self, number: usize) -> Record {
        let data = format!("{number} {}", "x".repeat(PADDING));
        let block = Block::event(data)
            .event_type(EventType::from_static(self.topic))
            .id(id_of(number).parse().unwrap());
        match self.audience {
            Some(audience) => Record::new(&block).for_audience(audience),
            None => Record::new(&block),
        }
    }
}

fn app(hub: &Hub) -> Router {
    Router::new().route("/", get(serve)).with_state(hub.clone())
}

#[derive(Deserialize)]
struct Wanted {
    topics: String,
    group: String,
}

async fn serve(
    State(hub): State<Hub>,
    Query(wanted): Query<Wanted>,
    LastEventId(id): LastEventId,
) -> Response {
    let topics = wanted.topics.split(',');
    let topics = topics.map(|topic| EventType::new(topic.to_owned()).unwrap());
    let before = hub.metrics().published;
    let subscriber = hub
        .subscribe()
        .topics(Topics::of(topics))
        .last_event_id(id)
        .authorize(move |record| record.audience().is_none_or(|group| group == wanted.group))
        .open();
    let after = hub.metrics().published;
    let published = [("x-published", format!("{before} {after}"))];
    (published, Sink::new(subscriber)).into_response()
}

/// What a client got, in this order.
#[derive(Debug)]
enum Got {
    /// It came anew, with a last event ID or without.
    Connected {
        last_event_id: Option<usize>,
        /// So many were published when the server took it in, at least and at most.
        published: [usize; 2],
    },
    Gap,
    Event(usize),
}

struct Client {
    random: Random,
    seed: u64,
    address: std::net::SocketAddr,
    published: watch::Receiver<usize>,
    topics: Vec<&'static str>,
    group: &'static str,
    got: Vec<Got>,
}

impl Client {
    fn new(seed: u64, address: std::net::SocketAddr, published: watch::Receiver<usize>) -> Self {
        let mut random = Random::new(seed);
        let mut topics = TOPICS.to_vec();
        topics.retain(|_| random.once_in(2));
        topics.push(END);
        Self {
            group: pick(&mut random, &GROUPS),
            random,
            seed,
            address,
            published,
            topics,
            got: Vec::new(),
        }
    }

    /// Connects again and again, until the last event has come.
    async fn run(mut self) -> Self {
        while !self.has_all() {
            let mut events = self.connect().await;
            for _ in 0..self.random.below(60) {
                if !self.read(&mut events).await || self.has_all() {
                    break;
                }
                if self.random.once_in(20) {
                    self.stall(120).await;
                }
            }
            drop(events);
            if self.random.once_in(8) {
                self.stall(60).await;
            }
        }
        self
    }

    fn has_all(&self) -> bool {
        matches!(self.got.last(), Some(Got::Event(number)) if *number == PUBLISHED - 1)
    }

    async fn connect(&mut self) -> Events {
        let last_event_id = self.got.iter().rev().find_map(|got| match got {
            Got::Event(number) => Some(*number),
            _ => None,
        });
        let response = send(self.socket().await, self.request(last_event_id)).await;
        let published = response.headers()["x-published"].to_str().unwrap();
        let (before, after) = published.split_once(' ').unwrap();
        self.got.push(Got::Connected {
            last_event_id,
            published: [before, after].map(|count| count.parse().unwrap()),
        });
        Events::of(response)
    }

    /// One that does not take in much while nobody reads.
    async fn socket(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        soon(socket.connect(self.address)).await.unwrap()
    }

    fn request(&self, last_event_id: Option<usize>) -> Request<Body> {
        let (topics, group) = (self.topics.join(","), self.group);
        let mut request = request(&format!("/?topics={topics}&group={group}"));
        if let Some(number) = last_event_id {
            let id = HeaderValue::from_bytes(id_of(number).as_bytes()).unwrap();
            request.headers_mut().insert("last-event-id", id);
        }
        request
    }

    /// `false` at the end of the stream.
    async fn read(&mut self, events: &mut Events) -> bool {
        let event = events.next().await;
        self.got.extend(event.as_ref().map(got));
        event.is_some()
    }

    /// Does nothing until some more were published, but not beyond the last one.
    async fn stall(&mut self, at_most: u64) {
        let more = usize::try_from(self.random.below(at_most)).unwrap();
        let until = (*self.published.borrow() + more).min(PUBLISHED);
        let reached = self.published.wait_for(|published| *published >= until);
        soon(reached).await.unwrap();
    }

    fn check(&self, events: &[Event], totals: &mut Totals) {
        let mut check = Check {
            client: self,
            events,
            next: None,
            gap: false,
        };
        for got in &self.got {
            check.take(got, totals);
        }
    }

    fn may_see(&self, event: &Event) -> bool {
        self.topics.contains(&event.topic) && event.audience.is_none_or(|group| group == self.group)
    }
}

fn got(event: &OwnedEvent) -> Got {
    if event.event_type == GAP.as_str() {
        return Got::Gap;
    }
    let number = event.data.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(event.last_event_id, id_of(number));
    Got::Event(number)
}

/// So that the test is known to have seen each of these.
#[derive(Debug, Default)]
struct Totals {
    received: usize,
    gaps: usize,
    /// Events that came next after one from an earlier connection, and no gap between.
    seamless: usize,
}

struct Check<'a> {
    client: &'a Client,
    events: &'a [Event],
    /// The events that may come next are from the first of these on to the second.
    next: Option<[usize; 2]>,
    gap: bool,
}

impl Check<'_> {
    fn take(&mut self, got: &Got, totals: &mut Totals) {
        match got {
            Got::Connected {
                last_event_id: None,
                published,
            } => {
                self.next = Some(published.map(|count| self.visible_from(count)));
                self.gap = false;
            }
            Got::Connected { .. } => totals.seamless += usize::from(!self.gap),
            Got::Gap => {
                totals.gaps += 1;
                self.gap = true;
            }
            Got::Event(number) => {
                totals.received += 1;
                self.event(*number);
            }
        }
    }

    fn event(&mut self, number: usize) {
        let [first, last] = self.next.expect("connected before");
        let seed = self.client.seed;
        assert!(
            self.client.may_see(&self.events[number]),
            "client {seed}: {number} is not for it"
        );
        assert!(
            number >= first,
            "client {seed}: {number} came, and {first} was next"
        );
        assert!(
            self.gap || number <= last,
            "client {seed}: {number} came, and {last} was next"
        );
        self.next = Some([self.visible_from(number + 1); 2]);
        self.gap = false;
    }

    /// The next event that it may see.
    fn visible_from(&self, number: usize) -> usize {
        let mut later = number..self.events.len();
        let visible = later.find(|number| self.client.may_see(&self.events[*number]));
        visible.unwrap_or(self.events.len())
    }
}
