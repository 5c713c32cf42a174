//! Every recipe does what a server of event streams must, seen from outside: over a raw connection,
//! and by its standard input and output.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use esse_parser::{EventReader, OwnedEvent};
use rustix::process::{Pid, Signal, kill_process};

/// Ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program must end within this time after it was stopped.
const END_WITHIN: Duration = Duration::from_secs(10);

/// In most tests no keep-alive goes out.
const NEVER: Duration = Duration::from_hours(1);

/// How many large events are more than the buffers of a connection hold.
const LARGE: usize = 16;

macro_rules! program {
    ($name:ident) => {
        env!(concat!("CARGO_BIN_EXE_", stringify!($name)))
    };
}

macro_rules! checks {
    ($name:ident $($check:ident)*) => {
        $(#[test]
        fn $check() {
            super::$check(program!($name));
        })*
    };
}

macro_rules! recipes {
    ($($name:ident: $closed:ident)*) => {
        const RECIPES: &[&str] = &[$(program!($name)),*];
        $(mod $name {
            checks!($name
                events_of_the_topics_arrive_in_order
                a_client_gets_the_topics_it_asked_for_and_no_others
                an_unknown_topic_is_refused
                a_client_resumes_after_its_last_event_id
                an_unknown_id_is_answered_with_a_notice
                a_silent_stream_is_kept_alive
                $closed
                a_stopped_program_sends_what_was_published_and_ends
            );
        })*
    };
}

recipes!(
    actix_web: a_closed_connection_is_noticed_at_once
    axum: a_closed_connection_is_noticed_at_once
    hyper: a_closed_connection_is_noticed_at_once
    poem: a_closed_connection_is_noticed_only_when_something_is_sent
    salvo: a_closed_connection_is_noticed_at_once
    warp: a_closed_connection_is_noticed_at_once
);

fn events_of_the_topics_arrive_in_order(path: &str) {
    let mut program = Program::start(path, NEVER);
    let response = program.get("?topics=block,head", None);
    assert_eq!(response.status(), 200);
    assert_eq!(response.header("content-type"), Some("text/event-stream"));
    let cache_control = response.header("cache-control").unwrap();
    assert!(cache_control.contains("no-store"), "{cache_control}");
    assert_eq!(response.header("x-accel-buffering"), Some("no"));

    let mut events = response.events();
    program.publish(["block 1", "head 2", "block 3 words here"]);
    let expected = [("block", "1"), ("head", "2"), ("block", "3 words here")];
    for (event_type, data) in expected {
        let event = next(&mut events);
        assert_eq!((&*event.event_type, &*event.data), (event_type, data));
        assert!(event.has_id);
    }
}

fn a_client_gets_the_topics_it_asked_for_and_no_others(path: &str) {
    let mut program = Program::start(path, NEVER);
    let mut events = program.get("?topics=head", None).events();
    program.publish(["block 1", "head 2"]);
    assert_eq!(next(&mut events).data, "2");
}

fn an_unknown_topic_is_refused(path: &str) {
    let mut program = Program::start(path, NEVER);
    for query in ["?topics=head,blob", "?topics=", "?other=head"] {
        assert_eq!(program.get(query, None).status(), 400, "{query}");
    }
    assert_eq!(program.subscribers(), 0);
}

fn a_client_resumes_after_its_last_event_id(path: &str) {
    let mut program = Program::start(path, NEVER);
    let mut events = program.get("?topics=block,head", None).events();
    program.publish(["head 1", "block 2"]);
    let seen = [next(&mut events), next(&mut events)];
    drop(events);

    program.publish(["head 3", "block 4", "head 5"]);
    // It answers in order, so the three are published.
    program.subscribers();
    let id = &seen[1].last_event_id;
    let by_header = program.get("?topics=block,head", Some(id));
    let by_query = program.get(&format!("?topics=block,head&lastEventId={id}"), None);
    let mut resumed = [by_header.events(), by_query.events()];
    program.publish(["head 6"]);
    for events in &mut resumed {
        let data = [(); 4].map(|()| next(events).data);
        assert_eq!(data, ["3", "4", "5", "6"]);
    }
}

fn an_unknown_id_is_answered_with_a_notice(path: &str) {
    let mut program = Program::start(path, NEVER);
    program.publish(["head 1"]);
    program.subscribers();
    let response = program.get("?topics=head", Some("of another server"));
    assert_eq!(response.status(), 200);
    let mut events = response.events();
    let notice = next(&mut events);
    assert_eq!(notice.event_type, "missed");
    assert!(notice.data.contains("unknown_id"), "{}", notice.data);
    program.publish(["head 2"]);
    assert_eq!(next(&mut events).data, "2");
}

fn a_silent_stream_is_kept_alive(path: &str) {
    let program = Program::start(path, Duration::from_millis(50));
    let mut body = program.get("?topics=head", None).body;
    let mut start = [0; 12];
    body.read_exact(&mut start).unwrap();
    // The first comment begins the stream.
    assert_eq!(start, *b": \n\n: \n\n: \n\n");
}

/// Without a keep-alive or an event.
fn a_closed_connection_is_noticed_at_once(path: &str) {
    let mut program = Program::start(path, NEVER);
    let clients = [(); 3].map(|()| program.get("?topics=head", None));
    assert_eq!(program.subscribers(), 3);
    drop(clients);
    program.loses_its_subscribers();
}

/// poem 3.1 polls a connection again that has ended, and so keeps it. If this fails because it was
/// noticed at once, a newer poem is better: docs/SERVER.md says how it was.
fn a_closed_connection_is_noticed_only_when_something_is_sent(path: &str) {
    let mut silent = Program::start(path, NEVER);
    let mut program = Program::start(path, Duration::from_millis(50));
    for program in [&mut silent, &mut program] {
        let clients = [(); 3].map(|()| program.get("?topics=head", None));
        assert_eq!(program.subscribers(), 3);
        drop(clients);
    }
    program.loses_its_subscribers();
    assert_eq!(silent.subscribers(), 3);
}

fn a_stopped_program_sends_what_was_published_and_ends(path: &str) {
    for signal in [Signal::INT, Signal::TERM] {
        let mut program = Program::start(path, NEVER);
        let mut events = program.get("?topics=head", None).events();
        program.publish(["head 1"]);
        program.publish_more_than_buffers_hold();
        program.publish(["head 2"]);
        assert_eq!(program.subscribers(), 1);
        program.stop(signal);
        let rest = [(); LARGE + 2].map(|()| next(&mut events).data);
        assert_eq!((&*rest[0], &*rest[LARGE + 1]), ("1", "2"));
        // The chunk that ends the body has arrived. Without it there would be an error.
        assert!(events.next().is_none(), "{signal:?}");
        program.ends();
    }
}

/// All programs at once, because each waits for the time that its clients get.
#[test]
fn a_client_that_reads_nothing_does_not_keep_a_program() {
    let mut programs: Vec<_> = RECIPES
        .iter()
        .map(|path| Program::start(path, NEVER))
        .collect();
    let clients: Vec<_> = programs
        .iter_mut()
        .map(|program| {
            let client = program.get("?topics=head", None);
            program.publish_more_than_buffers_hold();
            assert_eq!(program.subscribers(), 1);
            client
        })
        .collect();
    for program in &mut programs {
        program.stop(Signal::TERM);
    }
    for program in &mut programs {
        program.ends();
    }
    drop(clients);
}

/// A running recipe, which ends with the test.
struct Program {
    path: String,
    child: Child,
    stdin: ChildStdin,
    stdout: Receiver<String>,
    /// As `127.0.0.1:4711`.
    address: String,
    stopped: Option<Instant>,
}

impl Program {
    fn start(path: &str, keep_alive: Duration) -> Self {
        let mut command = Command::new(path);
        command
            .arg("0")
            .env("KEEP_ALIVE_MS", keep_alive.as_millis().to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, stdout) = mpsc::channel();
        thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        let mut program = Self {
            path: path.to_owned(),
            stdin: child.stdin.take().unwrap(),
            child,
            stdout,
            address: String::new(),
            stopped: None,
        };
        let first = program.line();
        let address = first.strip_prefix("http://").unwrap();
        program.address = address.strip_suffix("/events").unwrap().into();
        program
    }

    /// The next line of its standard output.
    fn line(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("a line")
    }

    fn publish<const N: usize>(&mut self, events: [&str; N]) {
        for event in events {
            writeln!(self.stdin, "{event}").unwrap();
        }
    }

    /// Events of a mebibyte each. The program cannot send them to a client that does not read.
    fn publish_more_than_buffers_hold(&mut self) {
        let event = format!("head {}", "x".repeat(1 << 20));
        self.publish([&*event; LARGE]);
    }

    /// How many there are, once everything is published.
    fn subscribers(&mut self) -> usize {
        self.publish(["?"]);
        let line = self.line();
        line.strip_suffix(" subscribers").unwrap().parse().unwrap()
    }

    /// Soon.
    fn loses_its_subscribers(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.subscribers() > 0 {
            assert!(Instant::now() < deadline, "it still has subscribers");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn get(&self, query: &str, last_event_id: Option<&str>) -> Response {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let id = last_event_id.map(|id| format!("Last-Event-ID: {id}\r\n"));
        let (address, id) = (&self.address, id.unwrap_or_default());
        let request = format!("GET /events{query} HTTP/1.1\r\nHost: {address}\r\n{id}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        Response::read(stream)
    }

    fn stop(&mut self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.stopped = Some(Instant::now());
    }

    /// It ends by itself, soon after it was stopped, and says that it succeeded.
    fn ends(&mut self) {
        let deadline = self.stopped.unwrap() + END_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0), "{}", self.path);
                return;
            }
            assert!(Instant::now() < deadline, "{} still runs", self.path);
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A response whose head has arrived.
struct Response {
    head: Vec<String>,
    body: Body,
}

impl Response {
    fn read(stream: TcpStream) -> Self {
        let mut body = Body {
            stream: BufReader::new(stream),
            left: 0,
            ended: false,
        };
        let mut head = Vec::new();
        loop {
            let line = body.line().unwrap();
            if line.is_empty() {
                return Self { head, body };
            }
            head.push(line);
        }
    }

    fn status(&self) -> u16 {
        let status = self.head[0].strip_prefix("HTTP/1.1 ").unwrap();
        status[..3].parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.iter().filter_map(|line| line.split_once(": "));
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    fn events(self) -> EventReader<Body> {
        assert_eq!(self.header("transfer-encoding"), Some("chunked"));
        EventReader::new(self.body)
    }
}

fn next(events: &mut EventReader<Body>) -> OwnedEvent {
    events.next().expect("an event").unwrap()
}

/// The content of a chunked body. It ends only with the chunk that says so.
struct Body {
    stream: BufReader<TcpStream>,
    /// What is left of the chunk.
    left: usize,
    ended: bool,
}

impl Body {
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let line = line.strip_suffix("\r\n");
        line.map(str::to_owned)
            .ok_or(io::ErrorKind::UnexpectedEof.into())
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if self.left == 0 {
            self.left = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
            self.ended = self.left == 0;
        }
        let most = buffer.len().min(self.left);
        let read = self.stream.read(&mut buffer[..most])?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        if self.left == 0 {
            assert_eq!(self.line()?, "", "the end of a chunk");
        }
        Ok(read)
    }
}
