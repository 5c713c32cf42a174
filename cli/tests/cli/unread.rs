//! `esse get` and `esse record` while nobody reads their output.

use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::get::{PATIENCE, request};
use crate::program::command;

/// A stream that does not end.
struct Endless {
    url: String,
    is_full: Receiver<io::Error>,
}

impl Endless {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (full, is_full) = mpsc::channel();
        thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            request(&mut socket);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            socket.write_all(head.as_bytes()).unwrap();
            socket.set_nodelay(true).unwrap();
            let time = Some(Duration::from_secs(1));
            socket.set_write_timeout(time).unwrap();
            let data = "x".repeat(1000);
            let written = (1..).try_for_each(|id| write!(socket, "id: {id}\ndata: {data}\n\n"));
            // The client may be gone.
            let _ = full.send(written.unwrap_err());
            thread::sleep(PATIENCE);
        });
        Self { url, is_full }
    }

    /// Waits until the client takes nothing any more.
    fn wait(&self) {
        let why = self.is_full.recv_timeout(PATIENCE).unwrap();
        let kinds = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
        assert!(kinds.contains(&why.kind()), "{why}");
    }
}

/// Sends the signal until the program ends, if there is one.
fn end(child: &mut Child, signal: Option<Signal>) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        if let Some(signal) = signal {
            kill_process(Pid::from_child(child), signal).unwrap();
        }
        thread::sleep(Duration::from_secs(2));
    }
}

fn stderr(child: &mut Child) -> String {
    io::read_to_string(child.stderr.take().unwrap()).unwrap()
}

#[test]
fn a_signal_or_the_time_ends_it() {
    for (args, signal) in [
        (&["get"][..], Some(Signal::TERM)),
        (&["get", "--for", "500ms"], None),
        (&["record", "-o", "-"], Some(Signal::INT)),
        (&["record", "-o", "-", "--for", "500ms"], None),
    ] {
        let server = Endless::start();
        let mut child = command(&[args, &[&server.url]].concat()).spawn().unwrap();
        if signal.is_some() {
            server.wait();
        }
        assert_eq!(end(&mut child, signal).code(), Some(2), "{args:?}");
        let said = stderr(&mut child);
        assert!(said.contains("nobody reads the output"), "{said}");
    }
}

#[test]
fn the_state_is_not_ahead_of_what_was_written() {
    let (server, folder) = (Endless::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("state");
    let args = ["get", "--state", file.to_str().unwrap(), &server.url];
    let mut child = command(&args).spawn().unwrap();
    server.wait();
    assert_eq!(end(&mut child, Some(Signal::TERM)).code(), Some(2));
    let written = BufReader::new(child.stdout.take().unwrap()).lines();
    let written = written.filter(|line| line.as_ref().unwrap().ends_with('}'));
    assert!(id_in(&file) <= written.count() as u64);
}

fn id_in(file: &Path) -> u64 {
    let state: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    state["lastEventId"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_second_signal_ends_it_before_it_has_looked_whether_anybody_reads() {
    // That takes a second, in which a busy machine may not come to send the second signal.
    let ended = std::iter::repeat_with(|| {
        let server = Endless::start();
        let mut child = command(&["get", "-q", &server.url]).spawn().unwrap();
        server.wait();
        for _ in 0..2 {
            kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
            thread::sleep(Duration::from_millis(400));
        }
        end(&mut child, None).code()
    });
    assert!(ended.take(5).any(|status| status == Some(143)));
}
