//! `esse replay`, read by `esse record`, by `esse get` and through a socket.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};

use crate::program::esse;
use crate::record::{CHUNKS, Place, recorded_chunk_by_chunk};
use crate::serve::Serving;

const EVENTS: [(u64, &str); 3] = [
    (0, "id: 1\ndata: a\n\nid: 2\nda"),
    (100, "ta: b\n\n"),
    (2000, ": comment\n\ndata: c\n\n"),
];

/// A recording of these chunks.
fn recording(path: &str, headers: &Value, chunks: &[(u64, &str)], end: &str) -> Place {
    let place = Place::new();
    let head = json!({
        "url": format!("http://example.com{path}"),
        "method": "GET",
        "time": "2026-01-01T00:00:00Z",
        "request": {},
        "status": 200,
        "version": "HTTP/1.1",
        "headers": headers,
    });
    let head = head.to_string().replacen('{', "{\"recorded\":1,", 1);
    let at = chunks.last().map_or(0, |(at, _)| *at);
    let chunks = chunks
        .iter()
        .map(|(at, text)| json!({"at": at, "text": text}));
    let lines = chunks.chain([json!({"at": at, "end": end})]);
    let lines: Vec<_> = [head]
        .into_iter()
        .chain(lines.map(|line| line.to_string()))
        .collect();
    fs::write(&place.file, lines.join("\n") + "\n").unwrap();
    place.lines();
    place
}

fn events(end: &str) -> Place {
    let headers = json!([
        ["content-type", "text/event-stream"],
        ["content-length", "99"],
        ["connection", "close"],
        ["set-cookie", "***"],
        ["x-a", "b"]
    ]);
    recording("/events", &headers, &EVENTS, end)
}

fn replay(place: &Place, args: &[&str]) -> Serving {
    Serving::with("replay", &[&[place.name()], args].concat())
}

fn url(serving: &Serving) -> String {
    format!("http://{}/events", serving.address)
}

/// Records what is replayed.
fn again(serving: &Serving, args: &[&str]) -> (Place, i32) {
    let place = Place::new();
    let status = place.record(&url(serving), args).status;
    (place, status)
}

fn end(serving: Serving) -> String {
    serving.interrupt();
    let (said, status) = serving.end();
    assert_eq!(status, 0, "{said}");
    said
}

/// The body of a recording.
fn bytes(place: &Place) -> Vec<u8> {
    let chunks = place.chunks().into_iter().map(|chunk| {
        let text = chunk["text"].as_str().map(|text| text.as_bytes().to_vec());
        text.unwrap_or_else(|| STANDARD.decode(chunk["base64"].as_str().unwrap()).unwrap())
    });
    chunks.collect::<Vec<_>>().concat()
}

#[test]
fn what_is_replayed_can_be_recorded_again() {
    let first = recorded_chunk_by_chunk();
    let last = first.lines()[CHUNKS.len()]["at"].as_f64().unwrap();
    let as_recorded = Duration::from_secs_f64((last - 1.0) / 1000.0);
    for (args, at_least) in [(&[][..], as_recorded), (&["--fast"], Duration::ZERO)] {
        let serving = replay(&first, args);
        // A busy machine makes it longer, and never shorter.
        let start = Instant::now();
        let (second, status) = again(&serving, &[]);
        assert!(start.elapsed() >= at_least, "{args:?}");
        assert_eq!(status, 0);
        assert_eq!(second.chunks(), first.chunks(), "{args:?}");
        assert_eq!(second.end(), "complete");
        let said = end(serving);
        let [serves, request, summary] = said.lines().collect::<Vec<_>>()[..] else {
            panic!("{said}")
        };
        assert_eq!(serves, "esse: serves GET /events");
        let expected = format!("esse: GET /events: 200 OK, {}", first.name());
        assert_eq!(request, expected);
        assert_eq!(summary, "esse: 1 request, 4 chunks, 39 bytes");
    }
}

#[test]
fn the_pace_can_be_faster() {
    let serving = replay(&events("complete"), &["--speed", "10"]);
    let (place, _) = again(&serving, &[]);
    let at = place.lines()[EVENTS.len()]["at"].as_f64().unwrap();
    // Without waiting it would be 0, and as recorded 2000.
    assert!((150.0..1900.0).contains(&at), "{at}");
    end(serving);
}

#[test]
fn a_time_that_no_timer_takes_is_never() {
    let headers = json!([["content-type", "text/event-stream"]]);
    let chunks = [(0, "data: a\n\n"), (u64::MAX, "data: b\n\n")];
    let recording = recording("/events", &headers, &chunks, "complete");
    for speed in ["1", "1e-9", "1e-300"] {
        let serving = replay(&recording, &["--speed", speed]);
        let (place, _) = again(&serving, &["--for", "300ms"]);
        assert_eq!(bytes(&place), b"data: a\n\n");
        assert_eq!(place.end(), "stopped");
        end(serving);
    }
}

#[test]
fn the_head_is_that_of_the_recording() {
    let serving = replay(&events("complete"), &["--fast"]);
    let answer = serving.request("/events").to_lowercase();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    for (line, is_there) in [
        ("content-type: text/event-stream", true),
        ("x-a: b", true),
        ("access-control-allow-origin: *", true),
        ("content-length", false),
        ("set-cookie", false),
    ] {
        assert_eq!(head.contains(&format!("\r\n{line}")), is_there, "{head}");
    }
    end(serving);
}

/// The arguments of `esse replay`, and those of `esse record`. Then the body, how it ended, and the
/// status of `esse record`.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, i32);

#[test]
fn what_is_sent_and_how_it_ends() {
    let whole = EVENTS.map(|(_, text)| text).concat();
    let whole = whole.as_str();
    let first = "id: 1\ndata: a\n\n";
    let rows: [Row<'_>; 14] = [
        ("", "", whole, "complete", 0),
        ("--end-after 1", "", first, "complete", 0),
        ("--end-after 0", "", "", "complete", 0),
        ("--end-after 9", "", whole, "complete", 0),
        ("--stall-after 1", "--for 500ms", first, "stopped", 0),
        ("--reset-after 1", "", first, "broken", 3),
        ("--mime text/html", "", whole, "complete", 1),
        ("--cut whole", "", whole, "complete", 0),
        ("--cut 1", "", whole, "complete", 0),
        ("--cut random:7", "", whole, "complete", 0),
        ("--cut 4 --end-after 1", "", first, "complete", 0),
        (
            "",
            "--last-event-id 1",
            "id: 2\ndata: b\n\n: comment\n\ndata: c\n\n",
            "complete",
            0,
        ),
        (
            "--end-after 1",
            "--last-event-id 2",
            ": comment\n\ndata: c\n\n",
            "complete",
            0,
        ),
        ("", "--last-event-id 3", whole, "complete", 0),
    ];
    let recording = events("complete");
    for (args, client, body, ended, status) in rows {
        let args: Vec<_> = ["--fast"]
            .into_iter()
            .chain(args.split_whitespace())
            .collect();
        let client: Vec<_> = client.split_whitespace().collect();
        let serving = replay(&recording, &args);
        let (place, actual) = again(&serving, &client);
        let text = String::from_utf8(bytes(&place)).unwrap();
        assert_eq!(
            (text.as_str(), place.end(), actual),
            (body, json!(ended), status),
            "{args:?} {client:?}"
        );
        end(serving);
    }
}

#[test]
fn a_recording_that_broke_breaks_again() {
    for (recorded, replayed, status) in [("broken", "broken", 3), ("stopped", "complete", 0)] {
        let serving = replay(&events(recorded), &["--fast"]);
        let (place, actual) = again(&serving, &[]);
        assert_eq!((place.end(), actual), (json!(replayed), status));
        assert_eq!(
            bytes(&place),
            EVENTS.map(|(_, text)| text).concat().as_bytes()
        );
        end(serving);
    }
}

#[test]
fn the_chunks_are_those_of_the_cut() {
    let recording = events("complete");
    let sizes = |args: &[&str]| -> Vec<usize> {
        let serving = replay(&recording, &[&["--fast"], args].concat());
        let (place, _) = again(&serving, &[]);
        end(serving);
        let chunks = place.chunks();
        let text = chunks.iter().map(|chunk| chunk["text"].as_str().unwrap());
        text.map(str::len).collect()
    };
    let whole = EVENTS.map(|(_, text)| text).concat().len();
    assert_eq!(sizes(&["--cut", "whole"]), [whole]);
    assert_eq!(sizes(&["--cut", "1"]), vec![1; whole]);
    assert_eq!(sizes(&["--cut", "40"]), [40, whole - 40]);
    assert_eq!(sizes(&["--cut", "random:7"]), sizes(&["--cut", "random:7"]));

    let serving = replay(&recording, &["--cut", "random"]);
    assert!(end(serving).contains("esse: cuts with --cut random:"));
}

#[test]
fn a_reset_is_a_reset() {
    let serving = replay(&events("complete"), &["--fast", "--reset-after", "2"]);
    let mut socket = TcpStream::connect(&serving.address).unwrap();
    socket
        .write_all(b"GET /events HTTP/1.1\r\nhost: h\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let error = socket.read_to_end(&mut answer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains("data: a\n\n") && answer.contains("ta: b\n\n"),
        "{answer}"
    );
    assert!(!answer.contains("data: c"), "{answer}");
    end(serving);
}

#[test]
fn gzip_can_be_decompressed_as_it_comes() {
    let recording = events("complete");
    for (args, ended) in [(&[][..], "complete"), (&["--stall-after", "2"], "stopped")] {
        let serving = replay(&recording, &[&["--fast", "--gzip"], args].concat());
        let (place, _) = again(&serving, &["--for", "1s"]);
        assert_eq!(place.end(), ended);
        let headers = place.lines()[0]["headers"].to_string();
        assert!(
            headers.contains(r#"["content-encoding","gzip"]"#),
            "{headers}"
        );
        let mut text = Vec::new();
        let compressed = bytes(&place);
        let read = MultiGzDecoder::new(&compressed[..]).read_to_end(&mut text);
        assert_eq!(read.is_ok(), ended == "complete");
        let expected = if ended == "complete" { 3 } else { 2 };
        let events = esse(&["decode"], text).stdout;
        assert_eq!(events.lines().count(), expected, "{events}");
        end(serving);
    }
    let headers = json!([["content-encoding", "gzip"]]);
    let compressed = self::recording("/", &headers, &[], "complete");
    let ran = esse(&["replay", "--gzip", compressed.name()], "");
    assert_eq!(ran.status, 2);
    ran.has_stderr("is compressed already");
    let args = [
        "replay",
        "--port",
        "0",
        "--end-after",
        "0",
        compressed.name(),
    ];
    let ran = esse(&args, "");
    assert_eq!(ran.status, 2);
    ran.has_stderr("esse: a recording is compressed, so its events cannot be counted\n");
}

#[test]
fn the_first_requests_are_refused() {
    let refusals = |args: &[&str], status: &str, retry_after: &str| {
        let args = [&["--fast", "--refuse", "2"], args].concat();
        let serving = replay(&events("complete"), &args);
        for _ in 0..2 {
            let answer = serving.request("/events");
            assert!(answer.starts_with(status), "{answer}");
            assert!(answer.contains(retry_after), "{answer}");
        }
        assert!(
            serving
                .request("/events")
                .starts_with("HTTP/1.1 200 OK\r\n")
        );
        let said = end(serving);
        assert!(said.contains("refusal 2 of 2\n"), "{said}");
    };
    refusals(&[], "HTTP/1.1 503 Service Unavailable\r\n", "");
    refusals(
        &["--status", "429", "--retry-after", "1"],
        "HTTP/1.1 429 Too Many Requests\r\n",
        "\r\nretry-after: 1\r\n",
    );
}

#[test]
fn a_client_that_stays_connected_gets_every_event_once() {
    let args = ["--fast", "--reset-after", "1", "--cut", "3"];
    let serving = replay(&events("complete"), &args);
    let ran = esse(&["get", "--data", "--count", "2", "-q", &url(&serving)], "");
    assert_eq!((ran.stdout.as_str(), ran.status), ("a\nb\n", 0));
    let said = end(serving);
    assert!(
        said.contains(", after the event with the ID \"1\"\n"),
        "{said}"
    );
}

#[test]
fn a_request_finds_its_recording() {
    let headers = json!([["content-type", "text/event-stream"]]);
    let a = recording("/a?n=1", &headers, &[(0, "data: a1\n\n")], "complete");
    let other = recording("/a?n=2", &headers, &[(0, "data: a2\n\n")], "complete");
    let b = recording("/b", &headers, &[(0, "data: b\n\n")], "complete");
    let args = ["--fast", other.name(), b.name()];
    let serving = replay(&a, &args);
    for (path, expected) in [
        ("/a?n=1", "data: a1"),
        ("/a?n=2", "data: a2"),
        ("/a", "data: a1"),
        ("/b?x", "data: b"),
        ("/c", "HTTP/1.1 404 Not Found"),
    ] {
        let answer = serving.request(path);
        assert!(answer.contains(expected), "{path}: {answer}");
    }
    let post = format!("http://{}/b", serving.address);
    assert_eq!(esse(&["get", "-X", "POST", &post], "").status, 1);
    end(serving);

    let only = replay(&b, &["--fast"]);
    assert!(only.request("/c").contains("data: b"));
    end(only);
}

#[test]
fn wrong_files_and_arguments() {
    let place = events("complete");
    let stream = Place::new();
    fs::write(&stream.file, "data: a\n\n").unwrap();
    let half = Place::new();
    fs::write(&half.file, "{\"recorded\":1,").unwrap();
    for (args, status, said) in [
        (
            &[stream.name()][..],
            1,
            "is not a recording: `esse record` makes one",
        ),
        (&[half.name()], 1, "1: not the head of a recording"),
        (&["no/such/file"], 2, "no/such/file: No such file"),
        (&[], 2, "required"),
        (&["--speed", "0", place.name()], 2, "a number above 0"),
        (
            &["--speed", "2", "--fast", place.name()],
            2,
            "cannot be used with",
        ),
        (&["--cut", "0", place.name()], 2, "a number of bytes"),
        (
            &["--end-after", "1", "--stall-after", "1", place.name()],
            2,
            "cannot be used with",
        ),
        (&["--status", "500", place.name()], 2, "--refuse"),
        (
            &["--refuse", "1", "--status", "100", place.name()],
            2,
            "a number from 200 to 999",
        ),
    ] {
        let ran = esse(&[&["replay", "--port", "0"], args].concat(), "");
        assert_eq!(ran.status, status, "{args:?}");
        ran.has_stderr(said);
    }
    let serving = replay(&place, &[]);
    let port = serving.address.rsplit(':').next().unwrap();
    let ran = esse(&["replay", "--port", port, place.name()], "");
    assert_eq!(ran.status, 2);
    ran.has_stderr("cannot listen on 127.0.0.1:");
    end(serving);
}
