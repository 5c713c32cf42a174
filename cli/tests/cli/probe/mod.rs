//! `esse probe`, against deployments that are broken in one way each.

mod broken;
mod deployment;
mod echo;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use deployment::{Deployment, exactly, number};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::program::{Ran, esse, ran, start};
use crate::serve::Serving;

const ERROR: &str = "error";
const WARNING: &str = "warning";

/// How many deployments are probed at a time.
const AT_A_TIME: usize = 8;

fn probe(url: &str, args: &[&str]) -> Ran {
    probe_for("1500ms", url, args)
}

fn probe_for(time: &str, url: &str, args: &[&str]) -> Ran {
    let fixed = ["probe", "-q", "--for", time, "--keep-alive", "700ms", url];
    esse(&[&fixed, args].concat(), "")
}

/// The checks that found something, with their levels.
fn findings(ran: &Ran) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.map(|finding| (text(&finding["check"]), text(&finding["level"])));
    findings
        .filter(|(_, level)| level == ERROR || level == WARNING)
        .collect()
}

#[test]
fn each_broken_deployment_is_found() {
    let broken = Mutex::new(broken::all());
    let next = || broken.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((name, change, check, level)) = next() {
                    let mut deployment = Deployment::default();
                    change(&mut deployment);
                    let ran = probe(&deployment.start(), &["--format", "json"]);
                    let expected = (check.to_owned(), level.to_owned());
                    assert!(findings(&ran).contains(&expected), "{name}: {}", ran.stdout);
                    assert_eq!(ran.status == 1, ran.stdout.contains("\"error\""), "{name}");
                }
            });
        }
    });
}

#[test]
fn a_sound_deployment_has_no_finding() {
    let with_cors = |preflight| Deployment {
        headers: vec![
            "Content-Type: text/event-stream;charset=UTF-8",
            "Cache-Control: no-store",
            "Access-Control-Allow-Origin: *",
        ],
        preflight,
        ..Deployment::default()
    };
    let sound = [
        Deployment::default(),
        with_cors(
            "204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\
             Access-Control-Allow-Headers: X-A, last-event-id",
        ),
        Deployment {
            start: b"\xef\xbb\xbf: a\r\n\r\nretry: 3000\r\n\r\n",
            event: |number| format!("id: {number}\r\ndata\r\n\r\n").into(),
            ..Deployment::default()
        },
    ];
    thread::scope(|scope| {
        for deployment in sound {
            scope.spawn(move || {
                let ran = probe(&deployment.start(), &["--format", "json"]);
                assert_eq!(findings(&ran), [], "{}", ran.stdout);
                assert_eq!(ran.status, 0);
                // Not only because it was not looked at.
                assert!(!ran.stdout.contains("skipped"), "{}", ran.stdout);
            });
        }
    });
}

/// Bytes come at once, so nothing buffers them, but no client ever sees an event.
#[test]
fn events_that_never_end_are_not_a_buffer() {
    let events: [fn(usize) -> Vec<u8>; 2] = [
        |number| format!("id: {number}\ndata: e\n").into(),
        |number| format!("{{\"n\":{number}}}\n").into(),
    ];
    thread::scope(|scope| {
        for event in events {
            scope.spawn(move || {
                let deployment = Deployment {
                    start: b"",
                    event,
                    ..Deployment::default()
                };
                let ran = probe(&deployment.start(), &["--format", "json"]);
                let errors = findings(&ran);
                let errors: Vec<_> = errors.iter().filter(|(_, level)| level == ERROR).collect();
                assert_eq!(
                    errors,
                    [&("events".to_owned(), ERROR.to_owned())],
                    "{}",
                    ran.stdout
                );
                assert!(ran.stdout.contains("blank line"), "{}", ran.stdout);
            });
        }
    });
}

/// Each new client gets the newest events at once, and an ID that nobody knows makes a new client,
/// after a notice or not.
#[test]
fn what_a_new_client_gets_is_not_a_replay() {
    let replay: fn(Option<&str>, usize) -> Option<Vec<usize>> = |id, newest| match number(id) {
        None => Some((newest - 2..=newest).collect()),
        Some(_) => exactly(id, newest),
    };
    let sound = [b": welcome\n\n".as_slice(), b"event: gap\ndata\n\n"];
    thread::scope(|scope| {
        for start in sound {
            scope.spawn(move || {
                let deployment = Deployment {
                    start,
                    replay,
                    ..Deployment::default()
                };
                let ran = probe(&deployment.start(), &["--format", "json"]);
                assert_eq!(findings(&ran), [], "{}", ran.stdout);
            });
        }
    });
}

#[test]
fn esse_serve_has_no_finding() {
    let mut serving = Serving::start(&[]);
    let url = format!("http://{}/events", serving.address);
    let probing = thread::spawn(move || probe(&url, &["--format", "json"]));
    while !probing.is_finished() {
        serving.say("a line\n");
        thread::sleep(Duration::from_millis(250));
    }
    let ran = probing.join().unwrap();
    assert_eq!(findings(&ran), [], "{}", ran.stdout);
    serving.interrupt();
    serving.end();
}

#[test]
fn a_post_is_sent_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let request = crate::get::request(&mut socket);
        socket
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\
                  Connection: close\r\n\r\nid: 1\ndata: a\n\ndata: [DONE]\n\n",
            )
            .unwrap();
        drop(socket);
        listener.set_nonblocking(true).unwrap();
        thread::sleep(Duration::from_millis(500));
        (request, listener.accept().is_ok())
    });
    let ran = probe(&url, &["-d", "{}", "--format", "json"]);
    let (request, came_again) = requests.join().unwrap();
    assert!(request.starts_with("post"));
    assert!(!came_again);
    assert_eq!(findings(&ran), [], "{}", ran.stdout);
}

#[test]
fn the_report_has_four_forms() {
    let url = Deployment {
        status: "503 Service Unavailable",
        ..Deployment::default()
    }
    .start();
    for (form, start, part) in [
        ("text", "http://", "error    answer"),
        ("json", "{", "\"level\": \"error\""),
        (
            "junit",
            "<?xml",
            "<failure message=\"503 Service Unavailable",
        ),
        ("markdown", "`http://", "| **error** | answer | 503"),
    ] {
        let ran = probe(&url, &["--format", form]);
        assert_eq!(ran.status, 1);
        assert!(ran.stdout.starts_with(start), "{}", ran.stdout);
        ran.has_stdout(part);
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn a_probe_that_is_stopped_reports_what_it_found() {
    let args = [
        "probe",
        "--for",
        "60s",
        "--format",
        "junit",
        &Deployment::default().start(),
    ];
    let mut child = start(&args);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut String::new()).unwrap();
    thread::sleep(Duration::from_millis(1500));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.status, 130);
    ran.has_stdout("name=\"content-type\"><system-out>text/event-stream");
    ran.has_stdout("name=\"ids\"><system-out>");
    ran.has_stdout("name=\"the rest\"><skipped");
    assert!(!ran.stdout.contains("<failure"), "{}", ran.stdout);
}

/// The signal comes while the probe looks at what it got, and not while it waits.
#[test]
fn what_a_stop_leaves_out_is_not_an_error() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                        cache-control: no-store\r\nconnection: close\r\n\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let child = start(&["probe", "-q", "--format", "json", &url]);
    let accept = || {
        let (mut socket, _) = listener.accept().unwrap();
        crate::get::request(&mut socket);
        socket.write_all(HEAD.as_bytes()).unwrap();
        socket
    };
    let mut first = accept();
    first.write_all(b"id: 1\ndata\n\nid: 2\ndata\n\n").unwrap();
    drop(first);
    let mut resumed = accept();
    let much = "data\n\n".repeat(1 << 19) + "id: 2\ndata\n\n";
    // The client may have gone already.
    let _ = resumed.write_all(much.as_bytes());
    let _ = resumed.read_to_end(&mut Vec::new());
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.status, 130);
    for check in ["resume", "unknown-id", "compression", "cors"] {
        let found = findings(&ran);
        assert!(!found.iter().any(|(name, _)| name == check), "{found:?}");
    }
    ran.has_stdout("\"the rest\"");
}

#[test]
fn a_url_that_is_written_otherwise_is_not_a_redirect() {
    let url = Deployment::default().start();
    let address = url.strip_prefix("http://").unwrap();
    for written in [
        format!("http://u:pw@{address}"),
        format!("HTTP://{}", address.replace("127.0.0.1", "127.1")),
        format!("http://{}", address.replace("/events", "/./events")),
    ] {
        let ran = probe_for("300ms", &written, &[]);
        ran.has_stdout("ok       answer        200 OK, HTTP/1.1\n");
    }
}

#[test]
fn only_a_redirect_is_said_to_be_one() {
    let moved = |status, location| {
        let deployment = Deployment {
            status,
            headers: vec![location, "Content-Length: 0"],
            ..Deployment::default()
        };
        probe_for("300ms", &deployment.start(), &[])
    };
    moved("304 Not Modified", "Location: /1")
        .has_stdout("304 Not Modified, HTTP/1.1: an EventSource that gets this never connects");
    moved(
        "302 Found",
        "Location: http://me:pw@other.invalid/?token=s3cret",
    )
    .has_stdout("302 Found, HTTP/1.1 to http://***@other.invalid/?token=***, another origin\n");
    moved("302 Found", "Location: http://[").has_stdout("to http://[, which is not a URL\n");
}

#[test]
fn a_report_has_no_secrets() {
    let url = Deployment {
        status: "503 Service Unavailable",
        ..Deployment::default()
    }
    .start();
    let address = url.strip_prefix("http://").unwrap();
    for scheme in ["http://", ""] {
        let url = format!("{scheme}me:s3cret@{address}?token=s3cret&a=b");
        for form in ["text", "json", "junit", "markdown"] {
            let ran = probe_for("300ms", &url, &["--format", form]);
            assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
            let and = if form == "junit" { "&amp;" } else { "&" };
            ran.has_stdout(&format!("{scheme}***@{address}?token=***{and}a=b"));
        }
    }
}

#[test]
fn a_redirect_without_a_place_is_said_to_be_one() {
    let deployment = Deployment {
        status: "302 Found",
        ..Deployment::default()
    };
    let ran = probe_for("300ms", &deployment.start(), &[]);
    ran.has_stdout("302 Found, HTTP/1.1 without a Location");
}

#[test]
fn without_an_answer_there_is_no_report() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    let silent = thread::spawn(move || {
        let (mut socket, _) = closed.accept().unwrap();
        socket.read_to_end(&mut Vec::new()).is_ok()
    });
    let ran = probe_for("300ms", &url, &[]);
    ran.has_stderr("no head of a response came within 0.3 s");
    assert_eq!((ran.status, ran.stdout.as_str()), (4, ""));
    silent.join().unwrap();
    let ran = probe(&url, &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (4, ""));
}
