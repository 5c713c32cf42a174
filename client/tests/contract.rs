//! The test service of `examples/contract.rs`, driven as the contract tests drive it: they play the
//! server and are called back.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use esse_testkit::example;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);
const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
    Connection: close\r\n\r\n";

#[test]
fn the_contract_holds_over_reqwest() {
    all_of_it(&[]);
}

#[test]
fn the_contract_holds_over_tower() {
    all_of_it(&["--tower"]);
}

fn all_of_it(arguments: &[&str]) {
    let service = Service::start(arguments);
    let capabilities = service.ask("GET", "/", None).json()["capabilities"].clone();
    assert_eq!(capabilities.as_array().map(Vec::len), Some(9));
    requests(&service);
    redirects(&service);
    streams(&service);
    reconnections(&service);
    assert_eq!(service.ask("POST", "/", Some(json!({}))).status, 400);
    assert_eq!(
        service.ask("POST", "/clients/999", Some(json!({}))).status,
        404
    );
    assert_eq!(service.ask("DELETE", "/clients/999", None).status, 404);
}

fn requests(service: &Service) {
    let test = Test::start(service, &json!({}));
    let (request, _stream) = test.connection();
    assert_eq!(request.first_line, "GET / HTTP/1.1");
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("cache-control"), Some("no-cache"));
    assert_eq!(request.header("last-event-id"), None);
    test.close();

    for method in ["POST", "REPORT"] {
        let test = Test::start(
            service,
            &json!({
                "method": method,
                "body": r#"{"hello": "world"}"#,
                "headers": { "content-type": "application/json; charset=utf-8", "header-1": "value" },
                "lastEventId": "abc",
                "initialDelayMs": 0,
            }),
        );
        // It is sent again if the connection breaks.
        for _ in 0..2 {
            let (request, _stream) = test.connection();
            assert_eq!(request.first_line, format!("{method} / HTTP/1.1"));
            assert_eq!(
                request.header("content-type"),
                Some("application/json; charset=utf-8")
            );
            assert_eq!(request.header("header-1"), Some("value"));
            assert_eq!(request.header("last-event-id"), Some("abc"));
            assert_eq!(request.body, br#"{"hello": "world"}"#);
        }
        test.close();
    }
}

fn redirects(service: &Service) {
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let head = |location: &str| {
            format!("HTTP/1.1 {status}\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n")
        };
        let test = Test::start(service, &json!({}));
        let (_, stream) = test.answered(&head("Location: /there\r\n"));
        drop(stream);
        let (request, _stream) = test.connection();
        assert_eq!(request.first_line, "GET /there HTTP/1.1");
        test.close();

        for location in ["", "Location: \r\n"] {
            let test = Test::start(service, &json!({}));
            loop {
                let (_, stream) = test.answered(&head(location));
                drop(stream);
                // An empty location is the same URL again, as often as the transport likes.
                if test.callback_is_there() {
                    break;
                }
            }
            assert_eq!(test.callback()["kind"], "error");
            test.close();
        }
    }
    let test = Test::start(service, &json!({}));
    let (_, stream) = test.answered("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    drop(stream);
    test.nothing_follows();
    test.close();
}

fn streams(service: &Service) {
    let test = Test::start(service, &json!({}));
    let (_, mut stream) = test.connection();
    let large = "x".repeat(5 << 20);
    let sent =
        format!("\u{FEFF}:Hello\ndata: a\r\n\r\nid: 1\revent: b\rdata: é\r\rdata: {large}\n\n");
    // More than fits into the buffers, and the client waits for the answer to its callback.
    let writer = std::thread::spawn(move || {
        stream.write_all(sent.as_bytes()).unwrap();
        stream
    });
    assert_eq!(
        test.callback(),
        json!({ "kind": "comment", "comment": "Hello" })
    );
    let event = |event_type: &str, data: &str, id: &str| json!({ "kind": "event", "event": { "type": event_type, "data": data, "id": id } });
    assert_eq!(test.callback(), event("message", "a", ""));
    assert_eq!(test.callback(), event("b", "é", "1"));
    assert_eq!(test.callback(), event("message", &large, "1"));
    drop(writer.join().unwrap());
    test.close();
}

fn reconnections(service: &Service) {
    let at_once = json!({ "initialDelayMs": 0, "readTimeoutMs": 500 });
    let test = Test::start(service, &at_once);
    let (_, mut stream) = test.connection();
    stream
        .write_all(b"id: 1\ndata: a\n\nid: 2\ndata: half")
        .unwrap();
    assert_eq!(test.callback()["event"]["data"], "a");
    drop(stream);

    let (request, mut stream) = test.connection();
    assert_eq!(request.header("last-event-id"), Some("1"));
    stream.write_all(b"id\ndata: b\n\n").unwrap();
    assert_eq!(test.callback()["event"]["data"], "b");

    service.ask(
        "POST",
        &test.location,
        Some(json!({ "command": "restart" })),
    );
    let (request, mut stream) = test.connection();
    assert_eq!(request.header("last-event-id"), None);
    stream.write_all(b"data: c\n\n").unwrap();
    assert_eq!(test.callback()["event"]["data"], "c");

    // Then it is silent for too long.
    assert_eq!(test.callback()["kind"], "error");
    test.connection();
    test.close();
    test.nothing_follows();
}

/// The running example. It is killed when dropped.
struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start(arguments: &[&str]) -> Self {
        let child = Command::new(example("esse-client", "contract"))
            .args(arguments)
            .arg("0")
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim_end().trim_start_matches("http://").to_owned();
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = body.map_or(String::new(), |body| body.to_string());
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, text }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        let (_, body) = self.text.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

/// A client of the service, the server that it talks to, and what it is called back at.
struct Test<'s> {
    service: &'s Service,
    location: String,
    server: TcpListener,
    callbacks: TcpListener,
}

impl<'s> Test<'s> {
    fn start(service: &'s Service, wanted: &Value) -> Self {
        let [server, callbacks] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let mut wanted = wanted.clone();
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        wanted["streamUrl"] = url(&server).into();
        wanted["callbackUrl"] = url(&callbacks).into();
        let answer = service.ask("POST", "/", Some(wanted));
        assert_eq!(answer.status, 201, "{}", answer.text);
        let mut lines = answer.text.lines();
        let location = lines.find_map(|line| line.strip_prefix("location: "));
        let location = location.unwrap().to_owned();
        Self {
            service,
            location,
            server,
            callbacks,
        }
    }

    /// The next request, which is answered with an event stream.
    fn connection(&self) -> (Request, TcpStream) {
        self.answered(STREAM)
    }

    fn answered(&self, head: &str) -> (Request, TcpStream) {
        let (request, mut socket) = Request::read(&self.server);
        socket.write_all(head.as_bytes()).unwrap();
        (request, socket)
    }

    fn callback(&self) -> Value {
        let (request, mut socket) = Request::read(&self.callbacks);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        socket.write_all(answer).unwrap();
        serde_json::from_slice(&request.body).unwrap()
    }

    /// Waits until there is a callback, or another request.
    fn callback_is_there(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for listener in [&self.callbacks, &self.server] {
                if is_called(listener) {
                    return std::ptr::eq(listener, &raw const self.callbacks);
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("nothing comes");
    }

    /// Neither a request nor a callback comes.
    fn nothing_follows(&self) {
        std::thread::sleep(Duration::from_secs(1));
        assert!(!is_called(&self.server));
        assert!(!is_called(&self.callbacks));
    }

    fn close(&self) {
        assert_eq!(self.service.ask("DELETE", &self.location, None).status, 204);
    }
}

/// Whether somebody waits to be accepted.
fn is_called(listener: &TcpListener) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&now)).unwrap() > 0
}

struct Request {
    first_line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn read(listener: &TcpListener) -> (Self, TcpStream) {
        let deadline = Instant::now() + PATIENCE;
        while !is_called(listener) {
            assert!(Instant::now() < deadline, "nothing comes");
            std::thread::sleep(Duration::from_millis(2));
        }
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reader = BufReader::new(&socket);
        let mut lines = reader.by_ref().lines().map(Result::unwrap);
        let first_line = lines.next().unwrap();
        let headers: Vec<_> = lines
            .take_while(|line| !line.is_empty())
            .map(|line| {
                let (name, value) = line.split_once(':').unwrap();
                (name.to_ascii_lowercase(), value.trim().to_owned())
            })
            .collect();
        let mut request = Self {
            first_line,
            headers,
            body: Vec::new(),
        };
        let length = request.header("content-length");
        request.body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut request.body).unwrap();
        (request, socket)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|header| header.0 == name)?;
        Some(value)
    }
}
