//! The iterator, over a transport in memory and over ureq.
#![cfg(feature = "blocking")]
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use esse_client::blocking::{Connect, EventSource};
use esse_client::{Closed, Ended, Failure, NotSent, Policy, ReadyState};
use support::word;

const URL: &str = "http://localhost/";

/// Answers each request with the results of the next list of reads.
#[derive(Clone, Default)]
struct Memory {
    answers: Arc<Mutex<VecDeque<Reads>>>,
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

type Reads = VecDeque<Result<&'static str, ErrorKind>>;

impl Memory {
    fn new(answers: impl IntoIterator<Item = Vec<Result<&'static str, ErrorKind>>>) -> Self {
        let answers: VecDeque<Reads> = answers.into_iter().map(Into::into).collect();
        Self {
            answers: Arc::new(Mutex::new(answers)),
            requests: Arc::default(),
        }
    }
}

impl Connect for Memory {
    type Body = Body;

    fn connect(
        &self,
        request: http::Request<Bytes>,
        head_timeout: Option<Duration>,
    ) -> Result<http::Response<Body>, NotSent> {
        assert_eq!(head_timeout, Some(Duration::from_secs(30)));
        self.requests.lock().unwrap().push(request);
        let Some(reads) = self.answers.lock().unwrap().pop_front() else {
            return Err(NotSent {
                failure: Failure::Unreachable,
                error: "nobody is there".into(),
            });
        };
        let response = http::Response::builder().header("content-type", "text/event-stream");
        Ok(response.body(Body(reads)).unwrap())
    }
}

struct Body(Reads);

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.pop_front() {
            Some(Ok("panic")) => panic!("as the test wants it"),
            Some(Ok(text)) => text.as_bytes().read(buffer),
            Some(Err(kind)) => Err(kind.into()),
            None => Ok(0),
        }
    }
}

/// Two attempts, and a short wait between them.
fn twice() -> Policy {
    let short = Duration::from_millis(10);
    let policy = Policy::standard().attempts(Some(2)).least_wait(short);
    policy.reconnection_time(short).backoff(short, short)
}

#[test]
fn it_reconnects_and_gives_up_as_the_stream_does() {
    let time_out = Err(ErrorKind::TimedOut);
    let memory = Memory::new([
        vec![
            Ok("id: 1\ndata: a\n\ndata: b"),
            Err(ErrorKind::Interrupted),
            time_out,
            Err(ErrorKind::WouldBlock),
            Ok("\n\n"),
            Err(ErrorKind::ConnectionReset),
        ],
        vec![Ok("data: c\n\n")],
    ]);
    let mut source = EventSource::get(memory.clone(), URL)
        .unwrap()
        .policy(twice());
    let words: Vec<_> = source.by_ref().map(word).collect();
    assert_eq!(
        words,
        [
            "open",
            "a",
            "b",
            "the connection broke #1",
            "open",
            "c",
            "the response ended #2",
            "the server cannot be reached #3",
            "error: gave up: the server cannot be reached"
        ]
    );
    assert!(matches!(source.closed(), Some(Closed::GaveUp { .. })));
    let requests = memory.requests.lock().unwrap();
    let ids: Vec<_> = requests
        .iter()
        .map(|request| request.headers().get("last-event-id").is_some())
        .collect();
    assert_eq!(ids, [false, true, true, true]);
}

#[test]
fn hooks_and_terminal_events_are_obeyed() {
    let memory = Memory::new([vec![Ok("data: a\n\nevent: end\ndata: b\n\ndata: c\n\n")]]);
    let mut events = EventSource::get(memory.clone(), URL)
        .unwrap()
        .on_attempt(|attempt, mut request| {
            let number = attempt.number.into();
            request.headers_mut().insert("x-attempt", number);
            Ok(request)
        })
        .terminal(|event| event.event_type == "end")
        .events();
    let data: Result<Vec<_>, _> = events.by_ref().map(|event| Ok(event?.data)).collect();
    let data: Result<Vec<String>, Ended> = data;
    assert_eq!(data.unwrap(), ["a", "b"]);
    assert_eq!(events.get_ref().closed(), Some(&Closed::Terminal));
    assert_eq!(
        memory.requests.lock().unwrap()[0].headers()["x-attempt"],
        "0"
    );

    let memory = Memory::new([]);
    let source = EventSource::get(memory.clone(), URL).unwrap();
    let mut failing = source.on_attempt(|_, _| Err("no token".into()));
    assert!(matches!(failing.next(), Some(Err(Ended::Hook(_)))));
    assert!(failing.next().is_none());
    assert!(memory.requests.lock().unwrap().is_empty());
}

#[test]
fn a_transport_that_panics_is_a_broken_connection() {
    let memory = Memory::new([vec![Ok("data: a\n\n"), Ok("panic")]]);
    let source = EventSource::get(memory, URL).unwrap();
    let words: Vec<_> = source.map(word).take(3).collect();
    assert_eq!(words, ["open", "a", "the connection broke #1"]);
}

/// Answers, and then blocks until the client has gone on.
struct Blocking {
    has_head: bool,
}

impl Connect for Blocking {
    type Body = Self;

    fn connect(
        &self,
        _: http::Request<Bytes>,
        _: Option<Duration>,
    ) -> Result<http::Response<Self>, NotSent> {
        if !self.has_head {
            loop {
                thread::park();
            }
        }
        let response = http::Response::builder().header("content-type", "text/event-stream");
        Ok(response.body(Self { has_head: true }).unwrap())
    }
}

impl Read for Blocking {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        loop {
            thread::park();
        }
    }
}

#[test]
fn time_outs_hold_although_the_transport_blocks() {
    let span = Duration::from_millis(50);
    let none = Policy::once().head_timeout(None).idle_timeout(None);
    for (has_head, policy, cause) in [
        (
            false,
            none.clone().head_timeout(Some(span)),
            "no answer came in time",
        ),
        (
            true,
            none.clone().idle_timeout(Some(span)),
            "nothing came in time, not even a comment",
        ),
        (
            true,
            none.event_timeout(Some(span)),
            "no event came in time",
        ),
    ] {
        let start = std::time::Instant::now();
        let source = EventSource::get(Blocking { has_head }, URL).unwrap();
        let last = source.policy(policy).map(word).last().unwrap();
        assert_eq!(last, format!("error: gave up: {cause}"));
        assert!(start.elapsed() >= span);
    }
}

#[test]
fn a_handle_wakes_a_client_that_reads_or_waits() {
    let mut reading = EventSource::get(Blocking { has_head: true }, URL).unwrap();
    assert_eq!(word(reading.next().unwrap()), "open");
    let mut waiting = EventSource::get(Memory::default(), URL).unwrap();
    assert_eq!(
        word(waiting.next().unwrap()),
        "the server cannot be reached #1"
    );
    let handles = [reading.handle(), waiting.handle()];
    assert_eq!(handles[0].ready_state(), ReadyState::Open);
    let closer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        for handle in handles {
            handle.close();
        }
    });
    assert!(reading.next().is_none());
    assert!(waiting.next().is_none());
    assert_eq!(reading.closed(), Some(&Closed::ByCaller));
    closer.join().unwrap();
}

#[test]
fn a_handle_restarts_a_client_that_reads() {
    let memory = Memory::new([
        vec![Ok("id: 1\ndata: a\n\n"), Ok("id: 2\ndata: dropped\n\n")],
        vec![Ok("data: b\n\n")],
    ]);
    let mut source = EventSource::get(memory.clone(), URL).unwrap();
    let handle = source.handle();
    let mut words: Vec<_> = source.by_ref().map(word).take(2).collect();
    handle.restart();
    words.extend(source.by_ref().map(word).take(2));
    assert_eq!(words, ["open", "a", "open", "b"]);
    let requests = memory.requests.lock().unwrap();
    let ids = requests
        .iter()
        .map(|request| request.headers().get("last-event-id").cloned());
    assert!(ids.eq([None, Some("1".parse().unwrap())]));
}
