//! `esse get`, against a server that answers as each test wants.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::program::{Ran, command, esse, ran};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// A server that gives these answers, one to each connection. The last one stays open.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) requests: Receiver<String>,
}

impl Server {
    pub(crate) fn start(answers: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        let answers = answers.to_vec();
        thread::spawn(move || {
            let mut open = Vec::new();
            for (n, answer) in answers.iter().enumerate() {
                let (mut socket, _) = listener.accept().unwrap();
                sender.send(request(&mut socket)).unwrap();
                // The client may be gone.
                let _ = socket.write_all(answer.as_bytes());
                if n + 1 == answers.len() {
                    open.push(socket);
                }
            }
            thread::sleep(PATIENCE);
        });
        Self { url, requests }
    }

    /// The next request that came.
    pub(crate) fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }
}

/// The head, in lower case, and the body.
pub(crate) fn request(socket: &mut impl Read) -> String {
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    let head = head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

pub(crate) fn stream(events: &str) -> String {
    format!("{STREAM}retry: 1\n\n{events}")
}

pub(crate) fn get(server: &Server, args: &[&str]) -> Ran {
    esse(&[&["get"], args, &[&server.url]].concat(), "")
}

#[test]
fn events_as_json_lines_over_several_connections() {
    let server = Server::start(&[
        stream("data: a\nid: 1\n\ndata: cut off"),
        stream("event: b\ndata: c\n\n"),
    ]);
    let ran = get(&server, &["--count", "2"]);
    assert_eq!(
        ran.stdout,
        "{\"type\":\"message\",\"data\":\"a\",\"lastEventId\":\"1\"}\n\
         {\"type\":\"b\",\"data\":\"c\",\"lastEventId\":\"1\"}\n"
    );
    assert_eq!(ran.status, 0);
    let news: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(news.len(), 3, "{news:?}");
    assert_eq!(news[0], "esse: opened: 200 OK, HTTP/1.1, text/event-stream");
    assert!(
        news[1].starts_with("esse: the response ended inside an event; attempt 1 in 0."),
        "{news:?}"
    );
    assert!(!server.request().contains("last-event-id"));
    assert!(server.request().contains("\r\nlast-event-id: 1\r\n"));
}

#[test]
fn one_token_is_enough() {
    let args = ["-H", "authorization: a", "--bearer", "TOKEN"];
    let output = command(&[&["get"], &args[..], &["http://127.0.0.1:1/"]].concat())
        .env("TOKEN", "b")
        .output()
        .unwrap();
    let ran = ran(output);
    assert_eq!(ran.status, 2);
    ran.has_stderr("--bearer makes the header `authorization`, which --header gives too");
}

#[test]
fn a_token_that_is_no_token_is_said_to_be_that() {
    for (token, why) in [
        (&b""[..], "the environment variable is empty"),
        (b" \t", "the environment variable is empty"),
        (b"\xff", "its value is not UTF-8"),
        (b"a\x07b", "a header cannot hold its value"),
    ] {
        let output = command(&["get", "--once", "--bearer", "TOKEN", "http://127.0.0.1:1/"])
            .env("TOKEN", OsStr::from_bytes(token))
            .output()
            .unwrap();
        let ran = ran(output);
        assert_eq!(ran.status, 2);
        assert_eq!(ran.stderr, format!("esse: --bearer TOKEN: {why}\n"));
    }
}

#[test]
fn one_last_event_id_is_enough() {
    let long = "1".repeat(8193);
    let header = |id: &str| format!("last-event-id: {id}");
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let (state, output) = (state.to_str().unwrap(), folder.path().join("out.jsonl"));
    let output = output.to_str().unwrap();
    let url = "http://127.0.0.1:1/";
    for (args, why) in [
        (
            &["get", "--once", "--last-event-id", "5", "-H", &header("6")][..],
            "--last-event-id makes the header `last-event-id`, which --header gives too",
        ),
        (
            &[
                "record",
                "-o",
                output,
                "--last-event-id",
                "5",
                "-H",
                &header("6"),
            ],
            "--last-event-id makes the header `last-event-id`, which --header gives too",
        ),
        (
            &["get", "--once", "--state", state, "-H", &header("6")],
            "--state makes the header `last-event-id`, which --header gives too",
        ),
        (
            &["get", "--once", "-H", &header(&long)],
            "a header cannot hold this last event ID",
        ),
        (
            &["get", "--once", "--last-event-id", &long],
            "a header cannot hold this last event ID",
        ),
        (
            &["record", "-o", output, "--last-event-id", &long],
            "a header cannot hold this last event ID",
        ),
    ] {
        let ran = esse(&[args, &[url]].concat(), "");
        assert_eq!(ran.status, 2, "{why}");
        assert_eq!(ran.stderr, format!("esse: {why}\n"));
    }
    let longest = "1".repeat(8192);
    let ran = esse(&["get", "--once", "-q", "-H", &header(&longest), url], "");
    assert_eq!(ran.status, 4, "it is sent");
}

#[test]
fn a_message_has_no_secrets() {
    let moved = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\
                 location: http://me:s3cret@127.0.0.2:1/?token=s3cret\r\n\r\n";
    let server = Server::start(&[moved.to_owned(), moved.to_owned()]);
    let said = "location http://***@127.0.0.2:1/?token=***\n";
    get(&server, &[]).has_stderr(said);
    esse(&["record", &server.url, "-o", "-"], "").has_stderr(said);

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let url = format!("http://me:s3cret@{}/?token=s3cret", free.unwrap());
    for args in [&["--once"][..], &["--for", "100ms"]] {
        let ran = esse(&[&["get", &url], args].concat(), "");
        assert_eq!(ran.status, 4);
        ran.has_stderr("/?token=***");
        assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
    let ran = esse(&["get", "me:s3cret@a:99999/?token=s3cret"], "");
    let said = "esse: \"***@a:99999/?token=***\" is not a URL: ";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
}

#[test]
fn a_body_and_the_name_of_its_file_may_be_any_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(OsStr::from_bytes(b"\xff"));
    std::fs::write(&file, "body").unwrap();
    let named = [b"@", file.as_os_str().as_bytes()].concat();
    for (argument, body) in [(&named[..], &b"body"[..]), (b"\xfe", b"\xfe")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(body) {
                let mut buffer = [0; 1024];
                let read = socket.read(&mut buffer).unwrap();
                assert_ne!(read, 0, "{}", String::from_utf8_lossy(&request));
                request.extend_from_slice(&buffer[..read]);
            }
        });
        let mut get = command(&["get", "-q", "--once", &url, "-d"]);
        let output = get.arg(OsStr::from_bytes(argument)).output().unwrap();
        assert_ne!(ran(output).status, 2);
        server.join().unwrap();
    }
}

#[test]
fn some_types_or_the_data_alone() {
    let events = "event: a\ndata: 1\n\nevent: b\ndata: 2\ndata: 3\n\nevent: a\ndata: 4\n\n";
    for (args, expected) in [
        (["--type", "a", "--count", "2"], "1\n4\n"),
        (["--type", "b", "--count", "1"], "2\n3\n"),
        (["--until", "4", "--type", "b"], "2\n3\n"),
        (["--until", "4", "--limit-data", "9"], "1\n2\n3\n"),
    ] {
        let server = Server::start(&[stream(events)]);
        let ran = get(&server, &[&["--data", "-q"], &args[..]].concat());
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str(), ran.status),
            (expected, "", 0),
            "{args:?}"
        );
    }
}

#[test]
fn a_request_with_a_body_is_sent_once() {
    let server = Server::start(&[
        stream("data: a\n\ndata: [DONE]\n\n"),
        stream("data: never\n\n"),
    ]);
    let args = [
        "-d",
        r#"{"stream":true}"#,
        "-H",
        "Content-Type: application/json",
        "--data",
        "--until",
        "[DONE]",
    ];
    let ran = get(&server, &args);
    assert_eq!((ran.stdout.as_str(), ran.status), ("a\n", 0));
    let request = server.request();
    assert!(
        request.starts_with("post /events http/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\ncontent-type: application/json\r\n"),
        "{request}"
    );
    assert!(request.ends_with(r#"{"stream":true}"#), "{request}");

    let cut_off = Server::start(&[stream("data: a\n\n"), stream("data: never\n\n")]);
    let ran = get(&cut_off, &args);
    assert_eq!((ran.stdout.as_str(), ran.status), ("a\n", 3));
    ran.has_stderr("cut off before the last event");
}

#[test]
fn the_body_may_come_from_a_file_and_the_token_from_the_environment() {
    let server = Server::start(&[stream("data: a\n\n")]);
    let mut child = command(&[
        "get",
        "--once",
        "-d",
        "@-",
        "--bearer",
        "ESSE_TEST_TOKEN",
        &server.url,
    ])
    .env("ESSE_TEST_TOKEN", "secret\n")
    .spawn()
    .unwrap();
    child.stdin.take().unwrap().write_all(b"ask").unwrap();
    let request = server.request();
    assert!(
        request.contains("\r\nauthorization: bearer secret\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\nask"), "{request}");
    child.kill().unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn the_exit_status_tells_the_ends_apart() {
    let refused =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<!doctype html>";
    let server = Server::start(&[refused.to_owned()]);
    let ran = get(&server, &[]);
    assert_eq!(ran.status, 1);
    ran.has_stderr("esse: not an event stream: 200, text/html; it looks like HTML");
    let partial = STREAM.replace("200 OK", "206 Partial Content");
    let ran = get(&Server::start(&[format!("{partial}data: a\n\n")]), &[]);
    assert_eq!(ran.status, 1);
    ran.has_stderr("206, text/event-stream; it begins with \"data: a");

    let moved = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n";
    for (location, said) in [
        ("", "no location"),
        (
            "location: http://127.0.0.2:1/\r\n",
            "location http://127.0.0.2:1/",
        ),
    ] {
        let server = Server::start(&vec![format!("{moved}{location}\r\n"); 2]);
        get(&server, &[]).has_stderr(&format!(", {said}\n"));
        esse(&["record", &server.url, "-o", "-"], "").has_stderr(&format!(", {said}\n"));
    }

    let no_content = Server::start(&["HTTP/1.1 204 No Content\r\n\r\n".to_owned()]);
    let ran = get(&no_content, &[]);
    assert_eq!(ran.status, 0);
    ran.has_stderr("204");

    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let nobody = format!("http://{free}/");
    let ran = esse(&["get", "--once", &nobody], "");
    assert_eq!(ran.status, 4);
    assert!(!ran.stderr.contains("os error"), "{}", ran.stderr);
    assert_eq!(
        esse(&["get", "--once", "--for", "1e15h", &nobody], "").status,
        4
    );
    assert_eq!(esse(&["get", "--for", "100ms", &nobody], "").status, 4);

    let later = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n";
    let ran = get(&Server::start(&[later.to_owned()]), &["--for", "5s"]);
    assert_eq!(ran.status, 1);
    ran.has_stderr("esse: no event stream came in time: the last answer was 503\n");

    for args in [
        &["get", "ftp://example.com/"][..],
        &["get", "-H", "x", &nobody],
        &["get", "--bearer", "NO_SUCH_VARIABLE", &nobody],
        &["get", "-d", "@no/such/file", &nobody],
        &["get", "--for", "10", &nobody],
    ] {
        let ran = esse(args, "");
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}");
    }
}

#[test]
fn an_event_that_is_left_out_is_no_success() {
    let server = Server::start(&[
        stream(&format!("data: {}\n\ndata: b\n\n", "a".repeat(2000))),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
    ]);
    let ran = get(&server, &["-q", "--limit-data", "1000"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout.lines().count(), 1);
    ran.has_stderr("left out: the data in line 3");
    ran.has_stderr("its block is discarded; --limit-data raises the limit\n");
}

#[test]
fn a_compressed_answer_is_no_success() {
    let head = STREAM.replace("connection", "content-encoding: gzip\r\nconnection");
    let server = Server::start(&[format!("{head}\x1f")]);
    let ran = get(&server, &["-q"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    ran.has_stderr("the body is compressed (gzip)");
}

#[test]
fn the_whole_request_is_sent() {
    let server = Server::start(&[stream("data: a\n\n")]);
    let url = server.url.replace("http://", "http://me:secret@");
    let args = ["get", "-q", "--count", "1", "-H", "Last-Event-ID: 5", &url];
    assert_eq!(esse(&args, "").status, 0);
    let request = server.request();
    assert!(request.contains("\r\nlast-event-id: 5\r\n"), "{request}");
    assert!(request.contains("\r\nauthorization: basic "), "{request}");
    for id in ["a\nb", " a"] {
        let ran = esse(&["get", "--last-event-id", id, &server.url], "");
        assert_eq!(ran.status, 2);
        ran.has_stderr("a header cannot hold this last event ID");
    }
}

#[test]
fn ctrl_c_ends_it_with_a_summary() {
    let server = Server::start(&[stream("data: a\nid: 7\n\n")]);
    let mut child = command(&["get", &server.url]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.status, 0);
    ran.has_stderr("esse: 1 event in ");
    ran.has_stderr(" s, 1 connection; last event ID \"7\"");
}

#[test]
fn if_nobody_reads_it_ends_in_silence() {
    let server = Server::start(&[stream("data: a\n\ndata: b\n\n"), stream("data: c\n\n")]);
    let mut child = command(&["get", "-q", &server.url]).spawn().unwrap();
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!((ran.stderr.as_str(), ran.status), ("", 0));
}

/// What a terminal shows.
fn on_a_terminal(args: &[&str], variables: &[(&str, &str)]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let output = std::fs::File::options()
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_esse"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::null());
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    command.envs(variables.iter().copied());
    assert!(command.spawn().unwrap().wait().unwrap().success());
    drop(command);
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    let mut terminal = std::fs::File::from(terminal);
    // At the end, a terminal gives an error.
    while let Ok(read @ 1..) = terminal.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(shown).unwrap()
}

#[test]
fn for_people_it_is_indented_and_coloured_on_a_terminal() {
    let event = "event: head\ndata: {\"slot\":\"10\"}\nid: 7\n\n";
    let args =
        |server: &Server| ["get", "--pretty", "--count", "1", &server.url].map(str::to_owned);
    let plain = " head #7\r\n  {\r\n    \"slot\": \"10\"\r\n  }\r\n";
    let coloured = plain
        .replace("head", "\x1b[1;36mhead\x1b[0m")
        .replace("#7", "\x1b[33m#7\x1b[0m");
    for (variables, expected) in [
        (&[][..], &*coloured),
        (&[("NO_COLOR", "")], &coloured),
        (&[("NO_COLOR", "0")], plain),
        (&[("TERM", "dumb")], plain),
    ] {
        let server = Server::start(&[stream(event)]);
        let args = args(&server);
        let shown = on_a_terminal(&args.each_ref().map(String::as_str), variables);
        assert!(shown.ends_with(expected), "{variables:?}: {shown:?}");
    }
    let server = Server::start(&[stream(event)]);
    let piped = esse(&args(&server).each_ref().map(String::as_str), "");
    assert!(!piped.stdout.contains('\x1b'));
}
