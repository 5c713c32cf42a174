//! `esse record`, against a server that answers as each test wants, and what reads its recordings.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jsonschema::Validator;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::get::{PATIENCE, request};
use crate::program::{Ran, command, esse, quietly, ran};

const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// A server for one connection. The script gets the socket and the request.
fn server(script: impl FnOnce(&mut TcpStream, &str) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let request = request(&mut socket);
        script(&mut socket, &request);
    });
    url
}

/// A server that sends this and closes the connection, or leaves it open.
fn answer(answer: &str, stays_open: bool) -> String {
    let answer = answer.to_owned();
    server(move |socket, _| {
        socket.write_all(answer.as_bytes()).unwrap();
        if stays_open {
            thread::sleep(PATIENCE);
        }
    })
}

/// A place for a recording.
pub(crate) struct Place {
    _folder: TempDir,
    pub(crate) file: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recording.jsonl");
        Self {
            _folder: folder,
            file,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.file.to_str().unwrap()
    }

    pub(crate) fn record(&self, url: &str, args: &[&str]) -> Ran {
        esse(&[&["record", url, "-o", self.name()], args].concat(), "")
    }

    /// The lines, each of which is what the schema demands.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let schema = schema();
        let text = fs::read_to_string(&self.file).unwrap();
        let lines = text.lines().map(|line| {
            let json: Value = serde_json::from_str(line).unwrap();
            assert!(schema.is_valid(&json), "{line}");
            json
        });
        lines.collect()
    }

    /// The chunks, without their times.
    pub(crate) fn chunks(&self) -> Vec<Value> {
        let mut lines = self.lines();
        lines.remove(0);
        lines.retain(|line| line.get("end").is_none());
        for line in &mut lines {
            line.as_object_mut().unwrap().remove("at");
        }
        lines
    }

    pub(crate) fn end(&self) -> Value {
        self.lines().pop().unwrap()["end"].take()
    }
}

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recording.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Waits until the file has this many lines.
fn wait_for(file: &Path, lines: usize) {
    let start = Instant::now();
    while fs::read_to_string(file).map_or(0, |text| text.lines().count()) < lines {
        assert!(start.elapsed() < PATIENCE, "{lines} lines");
        thread::sleep(Duration::from_millis(2));
    }
}

const PAUSE: Duration = Duration::from_millis(100);
pub(crate) const CHUNKS: [&[u8]; 4] = [
    b"data: a\n\nda",
    b"ta: \xc3",
    b"\xa9\r",
    b"\nid: 7\n\ndata: cut off",
];

/// Each chunk is sent when the one before is in the file.
pub(crate) fn recorded_chunk_by_chunk() -> Place {
    let place = Place::new();
    let file = place.file.clone();
    let url = server(move |socket, _| {
        socket.set_nodelay(true).unwrap();
        socket.write_all(STREAM.as_bytes()).unwrap();
        for (n, chunk) in CHUNKS.iter().enumerate() {
            wait_for(&file, n + 1);
            thread::sleep(PAUSE);
            socket.write_all(chunk).unwrap();
        }
    });
    let ran = place.record(&url, &[]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 0));
    let news: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(news.len(), 2, "{news:?}");
    assert_eq!(news[0], "esse: opened: 200 OK, HTTP/1.1, text/event-stream");
    let counts = "esse: 4 chunks, 39 bytes, 2 events in 0.";
    assert!(news[1].starts_with(counts), "{news:?}");
    place
}

#[test]
fn chunks_are_kept_as_they_came_with_their_times() {
    let place = recorded_chunk_by_chunk();
    let mut lines = place.lines();
    assert_eq!(
        place.chunks(),
        [
            json!({"text": "data: a\n\nda"}),
            json!({"base64": "dGE6IMM="}),
            json!({"base64": "qQ0="}),
            json!({"text": "\nid: 7\n\ndata: cut off"}),
        ]
    );
    assert_eq!(place.end(), "complete");
    let times: Vec<_> = lines[1..].iter().map(|line| line["at"].as_f64()).collect();
    for pair in times.windows(2).take(CHUNKS.len() - 1) {
        // To a tenth of a millisecond.
        assert!(pair[1] >= pair[0].map(|at| at + 99.8), "{times:?}");
    }
    assert!(times.is_sorted(), "{times:?}");

    let head = lines.remove(0);
    let time: jiff::Timestamp = head["time"].as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(time);
    assert!(!age.is_negative() && age.as_secs() < 60, "{head}");
    let url = head["url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/events"));
    assert_eq!(
        (&head["recorded"], &head["method"], &head["status"]),
        (&json!(1), &json!("GET"), &json!(200))
    );
    assert_eq!(head["version"], "HTTP/1.1");
    assert_eq!(
        head["headers"],
        json!([
            ["content-type", "text/event-stream"],
            ["connection", "close"]
        ])
    );
    assert_eq!(
        head["request"],
        json!({
            "accept": "text/event-stream",
            "cache-control": "no-cache",
            "user-agent": concat!("esse/", env!("CARGO_PKG_VERSION")),
        })
    );
}

#[test]
fn a_recording_is_decoded_like_its_bytes() {
    let place = recorded_chunk_by_chunk();
    for args in [&[][..], &["--all"], &["--keep-last"], &["--strict"]] {
        let args = [&["decode"], args].concat();
        let mut by_bytes = esse(&args, CHUNKS.concat());
        by_bytes.stderr = by_bytes.stderr.replace("<stdin>", place.name());
        let recorded = esse(&[&args[..], &[place.name()]].concat(), "");
        assert_eq!(recorded, by_bytes, "{args:?}");
    }
}

#[test]
fn secrets_are_masked() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: s3cret\r\n\
                  Location: /x?sig=s3cret\r\nX-Session: s3cret\r\nConnection: close\r\n\r\n";
    let secret = "Authorization: s3cret, Cookie: s3cret, X-Api-Key: s3cret, api-key: s3cret, \
                  Proxy-Authorization: s3cret, X-Session: s3cret";
    let mut args: Vec<_> = secret.split(", ").flat_map(|one| ["-H", one]).collect();
    args.extend(["-H", "X-Plain: plain", "-H", "X-Plain: too", "-q"]);
    for (more, left) in [
        (&[][..], 2),
        (&["--mask", "x-session"], 0),
        (&["--mask", "x-other", "--mask", "X-SESSION"], 0),
        (&["--keep-secrets"], 10),
    ] {
        let place = Place::new();
        let url = server(|socket, request| {
            assert_eq!(request.matches("s3cret").count(), 7, "{request}");
            socket.write_all(answer.as_bytes()).unwrap();
        });
        let url = format!("{url}?key=s3cret&a=b");
        let ran = place.record(&url, &[&args, more].concat());
        assert_eq!(ran, quietly(""));
        let text = fs::read_to_string(&place.file).unwrap();
        assert_eq!(text.matches("s3cret").count(), left, "{more:?}: {text}");
        let head = place.lines().remove(0);
        assert_eq!(head["request"]["x-plain"], "plain, too");
        let masked = if left == 10 { "s3cret" } else { "***" };
        assert_eq!(head["request"]["authorization"], masked);
        let url = head["url"].as_str().unwrap();
        assert!(url.ends_with(&format!("/events?key={masked}&a=b")), "{url}");
    }
}

#[test]
fn a_password_in_the_url_is_masked_and_so_is_the_header_that_it_becomes() {
    let place = Place::new();
    let url = server(|socket, request| {
        assert!(request.contains("\r\nauthorization: basic "), "{request}");
        socket.write_all(STREAM.as_bytes()).unwrap();
    });
    let url = url.replace("http://", "http://me:s3cret@");
    assert_eq!(place.record(&url, &["-q"]), quietly(""));
    let head = place.lines().remove(0);
    assert!(head["url"].as_str().unwrap().starts_with("http://***@127."));
    assert_eq!(head["request"]["authorization"], "***");
}

#[test]
fn the_request_is_that_of_get() {
    let place = Place::new();
    let (sender, requests) = std::sync::mpsc::channel();
    let url = server(move |socket, request| {
        sender.send(request.to_owned()).unwrap();
        socket.write_all(STREAM.as_bytes()).unwrap();
    });
    let args = ["-d", "ask", "--bearer", "TOKEN", "--last-event-id", "é"];
    let args = [&["record", &url, "-o", place.name()], &args[..]].concat();
    let child = command(&args).env("TOKEN", "s3cret").spawn().unwrap();
    assert_eq!(ran(child.wait_with_output().unwrap()).status, 0);
    let request = requests.recv().unwrap();
    assert!(
        request.starts_with("post /events http/1.1\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\nask"), "{request}");
    assert!(request.contains("\r\nlast-event-id: é\r\n"), "{request}");
    assert!(
        request.contains("\r\nauthorization: bearer s3cret\r\n"),
        "{request}"
    );
    let head = place.lines().remove(0);
    assert_eq!(head["method"], "POST");
    assert_eq!(head["request"]["last-event-id"], "é");
}

#[test]
fn each_end_is_noted() {
    let events = "data: a\n\ndata: b\n\n";
    let closed = format!("{STREAM}{events}");
    let cut = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\n{events}"
    );
    let page =
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>";
    for (sent, stays_open, args, end, status, said) in [
        (closed.as_str(), false, &[][..], "complete", 0, ": complete"),
        (&cut, false, &[], "broken", 3, "body"),
        (&closed, true, &["--count", "2"], "stopped", 0, ": stopped"),
        (
            &closed,
            true,
            &["--for", "200ms"],
            "stopped",
            0,
            ": stopped",
        ),
        (
            page,
            false,
            &[],
            "complete",
            1,
            "esse: not an event stream: 404, text/html; it looks like HTML",
        ),
    ] {
        let place = Place::new();
        fs::write(&place.file, "old ".repeat(1000)).unwrap();
        let ran = place.record(&answer(sent, stays_open), args);
        assert_eq!((place.end(), ran.status), (json!(end), status), "{args:?}");
        ran.has_stderr(said);
        let body = sent.split("\r\n\r\n").nth(1).unwrap();
        let text: String = place
            .chunks()
            .iter()
            .map(|chunk| chunk["text"].as_str().unwrap())
            .collect();
        assert_eq!(text, body);
    }
}

/// Or else a recording that counts would never end, and say why only then.
#[test]
fn that_events_cannot_be_counted_is_said_at_once() {
    let head = STREAM.replace("Connection", "Content-Encoding: gzip\r\nConnection");
    for args in [&["--for", "300ms"][..], &["--for", "300ms", "--count", "1"]] {
        let place = Place::new();
        let ran = place.record(&answer(&format!("{head}\u{1f}"), true), args);
        assert_eq!((place.end(), ran.status), (json!("stopped"), 0));
        let said: Vec<_> = ran.stderr.lines().collect();
        let why = "esse: the body is compressed (gzip), so no event can be read in it";
        assert_eq!(said[1], why);
        let count = "esse: so --count does not end it: ";
        assert_eq!(said[2].starts_with(count), args.len() == 4, "{said:?}");
        assert!(said.last().unwrap().ends_with(": stopped"), "{said:?}");
    }
}

#[test]
fn without_an_answer_an_old_recording_stays() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let nobody = format!("http://{}/", free.unwrap());
    let silent = server(|_, _| thread::sleep(PATIENCE));
    let place = Place::new();
    fs::write(&place.file, "old").unwrap();
    assert_eq!(place.record(&nobody, &[]).status, 4);
    let ran = place.record(&silent, &["--for", "100ms"]);
    assert_eq!(ran.status, 4);
    ran.has_stderr("no answer came");
    assert_eq!(fs::read_to_string(&place.file).unwrap(), "old");
    let place = Place::new();
    assert_eq!(place.record(&nobody, &[]).status, 4);
    assert!(!place.file.exists(), "an empty file is not a recording");

    for args in [
        &["record", &nobody, "-o", "no/such/folder/file"][..],
        &["record", &nobody, "-o", place.name(), "-H", "x"],
        &["record", &nobody],
        &["record", "ftp://example.com/", "-o", place.name()],
    ] {
        assert_eq!(esse(args, "").status, 2, "{args:?}");
    }
}

#[test]
fn ctrl_c_and_a_kill_leave_a_recording() {
    for (signal, end) in [(Signal::INT, json!("stopped")), (Signal::KILL, Value::Null)] {
        let place = Place::new();
        let url = answer(&format!("{STREAM}data: a\n\n"), true);
        let child = command(&["record", &url, "-o", place.name()])
            .spawn()
            .unwrap();
        wait_for(&place.file, 2);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.success(), signal == Signal::INT);
        assert_eq!(place.end(), end);

        let event = "{\"type\":\"message\",\"data\":\"a\",\"lastEventId\":\"\"}\n";
        assert_eq!(esse(&["decode", place.name()], ""), quietly(event));
        // As a full disk leaves it.
        let mut file = fs::File::options().append(true).open(&place.file).unwrap();
        file.write_all(b"{\"at\":12.3,\"te").unwrap();
        assert_eq!(esse(&["decode", place.name()], ""), quietly(event));
    }
}

#[test]
fn a_recording_goes_through_a_pipe() {
    let url = answer(&format!("{STREAM}data: a\n\n"), false);
    let recording = esse(&["record", "-q", "-o", "-", &url], "");
    assert_eq!((recording.stderr.as_str(), recording.status), ("", 0));
    let decoded = esse(&["decode"], recording.stdout);
    assert!(decoded.stdout.contains("\"data\":\"a\""), "{decoded:?}");
}

#[test]
fn a_line_that_is_wrong_is_named() {
    let head = r#"{"recorded":1,"url":"http://a/","method":"GET","time":"2026-01-01T00:00:00Z","request":{},"status":200,"version":"HTTP/1.1","headers":[]}"#;
    let schema = schema();
    let is_valid = |line: &str| schema.is_valid(&serde_json::from_str(line).unwrap());
    assert!(is_valid(head));
    for (line, why) in [
        (
            r#"{"at":1}"#,
            "not a line of a recording: a line is {\"at\"",
        ),
        (r#"{"text":"x"}"#, "not a line of a recording"),
        (r#"{"at":1,"base64":"x"}"#, "not base64"),
        (r#"{"at":-1,"text":"x"}"#, "negative"),
        (r#"{"at":1,"end":"over"}"#, "not a line of a recording"),
    ] {
        assert!(!is_valid(line), "{line}");
        let ran = esse(&["decode"], format!("{head}\n{line}\n"));
        assert_eq!(ran.status, 1, "{line}");
        ran.has_stderr("<stdin>:2: ");
        assert!(ran.stderr.to_lowercase().contains(why), "{line}: {ran:?}");
    }
    let no_url = head.replace("\"url\":\"http://a/\",", "");
    assert!(!is_valid(&no_url));
    let ran = esse(&["decode"], no_url);
    assert_eq!(ran.status, 1);
    ran.has_stderr("<stdin>:1: not the head of a recording: missing field `url`");
}

#[test]
fn a_stream_that_begins_almost_like_a_recording_is_a_stream() {
    for start in ["", "{", "{\"recorded\":1", "{\"recorded\":2,\"x\":1}"] {
        let ran = esse(&["decode"], format!("{start}\ndata: a\n\n"));
        assert_eq!(ran.status, 0);
        ran.has_stdout("\"data\":\"a\"");
    }
    assert_eq!(esse(&["decode"], "{\"rec").status, 0);
}
