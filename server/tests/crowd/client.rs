//! One client. It reads, stalls, disconnects and reconnects as its random numbers say.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use esse_parser::OwnedEvent;
use esse_testkit::Random;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::model::{END, Event, GROUPS, TOPICS};
use crate::support::client::{Events, request, send};
use crate::support::{id_of, soon};
use crate::{GAP, PUBLISHED};

/// What a client received, in order.
#[derive(Debug)]
pub(crate) enum Got {
    /// It connected, with a last event ID or without.
    Connected {
        last_event_id: Option<usize>,
        /// How many events were published when the server accepted it: at least, and at most.
        published: [usize; 2],
    },
    Gap,
    Event(usize),
}

pub(crate) struct Client {
    random: Random,
    pub(crate) seed: u64,
    address: SocketAddr,
    published: watch::Receiver<usize>,
    topics: Vec<&'static str>,
    group: &'static str,
    pub(crate) got: Vec<Got>,
}

impl Client {
    pub(crate) fn new(seed: u64, address: SocketAddr, published: watch::Receiver<usize>) -> Self {
        let mut random = Random::new(seed);
        let mut topics = TOPICS.to_vec();
        topics.retain(|_| random.once_in(2));
        topics.push(END);
        Self {
            group: random.pick(&GROUPS),
            random,
            seed,
            address,
            published,
            topics,
            got: Vec::new(),
        }
    }

    /// Connects again and again, until the last event has arrived.
    pub(crate) async fn run(mut self) -> Self {
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

    /// A socket that buffers little while nobody reads.
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

    /// Returns `false` at the end of the stream.
    async fn read(&mut self, events: &mut Events) -> bool {
        let event = events.next().await;
        self.got.extend(event.as_ref().map(got));
        event.is_some()
    }

    /// Does nothing until some more events were published, but not beyond the last one.
    async fn stall(&mut self, at_most: usize) {
        let more = self.random.below(at_most);
        let until = (*self.published.borrow() + more).min(PUBLISHED);
        let reached = self.published.wait_for(|published| *published >= until);
        soon(reached).await.unwrap();
    }

    pub(crate) fn may_see(&self, event: &Event) -> bool {
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
