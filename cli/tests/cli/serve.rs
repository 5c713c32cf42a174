//! `esse serve`, read by `esse get`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, ChildStdin};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{command, esse, start};

/// `esse serve`, or another command that listens.
pub(crate) struct Serving {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: BufReader<ChildStderr>,
    pub(crate) address: String,
}

impl Serving {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::with("serve", args)
    }

    pub(crate) fn with(command: &str, args: &[&str]) -> Self {
        let mut child = start(&[&[command, "--port", "0"], args].concat());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("esse: listening on http://");
        Self {
            address: address.expect(&line).to_owned(),
            stdin: child.stdin.take(),
            child,
            stderr,
        }
    }

    pub(crate) fn say(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
    }

    /// Closes stdin, and waits until that is noticed.
    fn end_input(&mut self) {
        self.stdin = None;
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        assert!(line.contains("the input has ended"), "{line}");
    }

    pub(crate) fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// A client that has read the first bytes, and nothing more.
    fn slow_client(&self) -> TcpStream {
        let mut client = TcpStream::connect(&self.address).unwrap();
        client
            .write_all(b"GET /events HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .unwrap();
        client.read_exact(&mut [0; 64]).unwrap();
        client
    }

    /// The rest of stderr, and the exit status.
    pub(crate) fn end(mut self) -> (String, i32) {
        drop(self.stdin);
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (said, self.child.wait().unwrap().code().unwrap())
    }

    /// A client that reads until the stream ends.
    fn client(&self) -> Client {
        let url = format!("http://{}/events", self.address);
        let mut child = command(&["get", "--once", "--data", &url]).spawn().unwrap();
        let mut news = BufReader::new(child.stderr.take().unwrap());
        let mut opened = String::new();
        news.read_line(&mut opened).unwrap();
        assert!(opened.contains("200 OK"), "{opened}");
        Client(child)
    }

    pub(crate) fn request(&self, path: &str) -> String {
        request_to(&self.address, "GET", path)
    }
}

fn request_to(address: &str, method: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

struct Client(Child);

impl Client {
    fn rest(self) -> String {
        let output = self.0.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn each_line_is_an_event_for_every_client() {
    let mut serving = Serving::start(&["--end"]);
    let clients = [serving.client(), serving.client()];
    serving.say("a\n\nb: c\r\nlast");
    let (said, status) = serving.end();
    for client in clients {
        assert_eq!(client.rest(), "a\n\nb: c\nlast\n");
    }
    assert_eq!(
        (said.as_str(), status),
        ("esse: 4 events to 2 clients\n", 0)
    );
}

#[test]
fn blocks_and_event_streams() {
    for (args, input, expected) in [
        (
            "--json",
            "{\"event\":\"a\",\"data\":{\"b\":1},\"id\":7}\nnonsense\n{\"data\":\"c\"}\n",
            "{\"b\":1}\nc\n",
        ),
        (
            "--sse",
            ": comment\r\revent: a\rdata: b\rdata: c\rid: 7\r\r",
            "b\nc\n",
        ),
    ] {
        let mut serving = Serving::start(&["--end", args]);
        let client = serving.client();
        serving.say(input);
        let (said, status) = serving.end();
        assert_eq!(client.rest(), expected, "{args}");
        let is_valid = args == "--sse";
        assert_eq!(status, i32::from(!is_valid), "{said}");
        assert_eq!(said.contains("line 2 is left out: "), !is_valid, "{said}");
    }
}

#[test]
fn an_event_stream_is_served_with_all_that_json_lines_of_it_have() {
    let input = ": c\nretry: 5\n\nid: 7\n\nerror: e\n\ndata: a\n\n";
    let lines = esse(&["decode", "--all"], input).stdout;
    let served = [("--sse", input), ("--json", &lines)].map(|(form, input)| {
        let mut serving = Serving::start(&["--end", form]);
        let mut client = serving.slow_client();
        serving.say(input);
        let (said, status) = serving.end();
        assert_eq!(
            (said.as_str(), status),
            ("esse: 5 events to 1 client\n", 0),
            "{form}"
        );
        let mut stream = String::new();
        client.read_to_string(&mut stream).unwrap();
        stream
    });
    for part in [": c\n", "retry: 5\n", "id: 7\n", "error: e\n", "data: a\n"] {
        for stream in &served {
            assert!(stream.contains(part), "{part}: {stream}");
        }
    }
}

#[test]
fn an_event_that_the_end_of_the_input_cuts_is_left_out() {
    let mut serving = Serving::start(&["--end", "--sse"]);
    serving.say("data: a\n\ndata: cut");
    let (said, status) = serving.end();
    assert!(
        said.contains("the end is left out, 9 bytes: no blank line"),
        "{said}"
    );
    assert_eq!(status, 1);
}

#[test]
fn a_new_client_gets_what_is_kept_once_the_input_has_ended() {
    let mut serving = Serving::start(&[]);
    serving.say("a\nb\n");
    serving.end_input();
    let url = format!("http://{}/events", serving.address);
    let ran = esse(&["get", "--data", "--count", "2", "--for", "20s", &url], "");
    assert_eq!(ran.stdout, "a\nb\n");
    serving.interrupt();
    assert_eq!(serving.end().1, 0);
}

/// More than the buffers of a connection hold.
fn much() -> String {
    format!("{}\n", "x".repeat(999)).repeat(20_000)
}

#[test]
fn the_end_of_the_input_waits_for_a_client_that_is_slow() {
    let mut serving = Serving::start(&["--end"]);
    let mut client = serving.slow_client();
    serving.say(&much());
    let ended = std::thread::spawn(|| serving.end());
    // Longer than clients have after a signal.
    std::thread::sleep(Duration::from_secs(8));
    let mut read = String::new();
    client.read_to_string(&mut read).unwrap();
    assert_eq!(read.matches("data: ").count(), 20_000);
    let (said, status) = ended.join().unwrap();
    let expected = ("esse: 20000 events to 1 client\n", 0);
    assert_eq!((said.as_str(), status), expected);
}

#[test]
fn a_slow_client_that_misses_what_is_no_longer_kept_is_reported() {
    let mut serving = Serving::start(&["--end", "--keep", "1"]);
    let mut client = serving.slow_client();
    serving.say(&much());
    let ended = std::thread::spawn(|| serving.end());
    let mut read = String::new();
    // The input has been read by then.
    client.read_to_string(&mut read).unwrap();
    assert!(read.contains("event: missed\n"));
    let (said, status) = ended.join().unwrap();
    assert!(
        said.contains("a client read so slowly that it missed events"),
        "{said}"
    );
    assert_eq!(status, 3);
}

#[test]
fn a_signal_cuts_off_a_client_that_does_not_read_and_a_second_one_does_it_at_once() {
    let [mut once, mut twice] = [(); 2].map(|()| {
        let mut serving = Serving::start(&["--end"]);
        let client = serving.slow_client();
        serving.say(&much());
        serving.stdin = None;
        (serving, client)
    });
    once.0.terminate();
    twice.0.interrupt();
    // It is not taken for the first one.
    std::thread::sleep(Duration::from_secs(1));
    twice.0.terminate();
    assert_eq!(twice.0.child.wait().unwrap().code(), Some(3));
    assert_eq!(once.0.child.try_wait().unwrap(), None);
    let (said, status) = once.0.end();
    assert_eq!(status, 3);
    let expected = "esse: cut off before they had everything: 1 client\n";
    assert!(said.ends_with(expected), "{said}");
}

#[test]
fn other_methods() {
    let serving = Serving::start(&[]);
    let ask = |method, path| request_to(&serving.address, method, path).to_lowercase();
    let head = ask("HEAD", "/events");
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(!head.contains("content-length"), "{head}");
    assert!(ask("HEAD", "/").starts_with("http/1.1 200 "));
    for (path, allow) in [
        ("/events", "allow: get, head, options\r"),
        ("/", "allow: get, head\r"),
    ] {
        let answer = ask("POST", path);
        assert!(
            answer.starts_with("http/1.1 405 ") && answer.contains(allow),
            "{answer}"
        );
    }
    assert!(ask("POST", "/other").starts_with("http/1.1 404 "));
    serving.interrupt();
    serving.end();
}

/// Such as the events of a stream that resets its ID, or has odd ones.
#[test]
fn an_event_is_served_whatever_its_id() {
    let json = [
        r#"{"data":"a","id":" 7"}"#,
        r#"{"data":"b","id":"\u0001"}"#,
        r#"{"data":"c","id":""}"#,
        r#"{"data":"","id":""}"#,
        r#"{"id":""}"#,
        r#"{"id":"8 "}"#,
        r#"{"type":"message","data":"d","lastEventId":"5"}"#,
        r#"{"type":"message","data":"e","lastEventId":""}"#,
        "",
    ];
    let long = "x".repeat(100_000);
    let sse =
        "id:  7\ndata: a\n\nid: \u{1}\ndata: b\n\nid\ndata: c\n\nid\ndata\n\nid\n\nid: 8 \n\n";
    let sse = format!("{sse}id: 5\ndata: d\n\nid: {long}\ndata: e\n\n");
    for (form, input) in [("--json", json.join("\n")), ("--sse", sse)] {
        let mut serving = Serving::start(&["--end", form]);
        let client = serving.client();
        serving.say(&input);
        let (said, status) = serving.end();
        assert_eq!(client.rest(), "a\nb\nc\n\nd\ne\n", "{form}");
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{said}");
        assert!(lines[0].starts_with("esse: an ID is replaced, "), "{said}");
        let expected = ("esse: 6 events to 1 client", 0);
        assert_eq!((lines[1], status), expected, "{form}");
    }
}

#[test]
fn a_line_over_a_limit_that_no_option_raises() {
    let mut serving = Serving::start(&["--end", "--sse"]);
    serving.say(&format!("event: {}\ndata\n\n", "x".repeat(100_000)));
    let (said, status) = serving.end();
    assert!(said.contains("bytes: its block is discarded\n"), "{said}");
    assert_eq!(status, 1);
}

#[test]
fn a_client_that_comes_back_goes_on_where_it_was() {
    let mut serving = Serving::start(&["--json"]);
    let client = serving.client();
    let url = format!("http://{}/events", serving.address);
    serving.say("{\"data\":\"a\",\"id\":\"one\"}\n{\"data\":\"b\"}\n");
    let mut shown = BufReader::new(client.0.stdout.unwrap());
    for expected in ["a\n", "b\n"] {
        let mut line = String::new();
        shown.read_line(&mut line).unwrap();
        assert_eq!(line, expected);
    }
    let ran = esse(
        &[
            "get",
            "--data",
            "--count",
            "1",
            "--last-event-id",
            "one",
            &url,
        ],
        "",
    );
    assert_eq!(ran.stdout, "b\n");
    serving.interrupt();
    assert_eq!(serving.end().1, 0);
}

#[test]
fn the_page_and_what_any_page_may_read() {
    let serving = Serving::start(&["--end"]);
    let page = serving.request("/");
    assert!(
        page.contains("content-type: text/html; charset=utf-8"),
        "{page}"
    );
    assert!(serving.request("/other").starts_with("HTTP/1.1 404 "));
    let address = serving.address.clone();
    let stream = std::thread::spawn(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .write_all(b"GET /events HTTP/1.1\r\nhost: h\r\n\r\n")
            .unwrap();
        let mut head = [0; 64];
        socket.read_exact(&mut head).unwrap();
        let mut rest = String::new();
        socket.read_to_string(&mut rest).unwrap();
        rest
    });
    let _reading = serving.client();
    serving.end();
    let head = stream.join().unwrap().to_lowercase();
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
}

#[test]
fn the_address_may_be_a_name() {
    let serving = Serving::start(&["--host", "localhost"]);
    assert!(serving.request("/").starts_with("HTTP/1.1 200 "));
    serving.interrupt();
    serving.end();
}

#[test]
fn an_ipv6_address_may_have_brackets() {
    for host in ["::1", "[::1]"] {
        let serving = Serving::start(&["--host", host]);
        assert!(serving.address.starts_with("[::1]:"), "{}", serving.address);
        serving.interrupt();
        serving.end();
    }
    let ran = esse(&["serve", "--host", "[localhost]"], "");
    assert_eq!(ran.status, 2);
}

#[test]
fn an_address_that_is_taken_is_trouble() {
    let serving = Serving::start(&[]);
    let port = serving.address.rsplit(':').next().unwrap();
    let ran = esse(&["serve", "--port", port], "");
    assert_eq!(ran.status, 2);
    ran.has_stderr("cannot listen on 127.0.0.1:");
    let ran = esse(&["serve", "--host", "no such host"], "");
    assert_eq!(ran.status, 2);
    ran.has_stderr("cannot listen on no such host:8080: ");
    serving.interrupt();
    serving.end();
}
