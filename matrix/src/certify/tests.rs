//! Runs without a browser: a client in its place asks for streams as the page does, reads them with
//! the parser of this project, and reports what the test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use esse_conformance::subject::{Builtin, Subject};
use esse_conformance::suite::Suite;
use serde_json::{Value, json};

use super::differential::differ;
use super::probe::Probe;
use super::profile::Profile;
use super::quirk::Quirk;
use super::server;
use super::session::{Session, Stopped};
use super::vectors::{self, Certified, Outcome};

/// What a client in place of a browser does.
#[derive(Clone, Copy)]
struct Fake {
    /// Changes the events that it saw of a stream.
    events: fn(&mut Vec<Value>),
    /// The ID with which it connects again, in place of this one.
    again_with: fn(&str) -> String,
    /// How long it waits, given the milliseconds that the stream names.
    waits: fn(Option<u64>) -> Duration,
}

/// One that does as the standard says, with 200 ms as its own reconnection time.
const RIGHT: Fake = Fake {
    events: |_| {},
    again_with: str::to_owned,
    waits: |time| Duration::from_millis(time.unwrap_or(OWN_TIME)),
};
const OWN_TIME: u64 = 200;

fn profile(deviations: &[Quirk]) -> Profile {
    Profile {
        reconnection_time: OWN_TIME,
        shortest: 0,
        deviations: deviations.iter().copied().collect(),
    }
}

/// Runs with a fake browser, and ends it.
fn with<T>(fake: Fake, deviations: &[Quirk], run: impl FnOnce(&mut Session) -> T) -> T {
    let mut session =
        Session::without_browser(Duration::from_secs(60), profile(deviations)).unwrap();
    let address = server::start(session.board()).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| browse(address, fake, &over));
        let result = run(&mut session);
        over.store(true, Ordering::Relaxed);
        // It may be waiting for work.
        session.board().add([Probe::default()]);
        result
    })
}

fn browse(address: SocketAddr, fake: Fake, over: &AtomicBool) {
    ask(address, "/opened", None, b"fake");
    while !over.load(Ordering::Relaxed) {
        let batch = ask(address, "/next", None, b"").unwrap();
        let tasks: Vec<Value> = serde_json::from_slice(&batch).unwrap();
        let seen: Vec<Value> = thread::scope(|scope| {
            let watching: Vec<_> = tasks
                .iter()
                .map(|task| scope.spawn(move || watch(address, task, fake)))
                .collect();
            watching
                .into_iter()
                .map(|task| task.join().unwrap())
                .collect()
        });
        ask(address, "/seen", None, &serde_json::to_vec(&seen).unwrap());
    }
}

/// As an `EventSource` does it: the stream, then again until there is no more.
fn watch(address: SocketAddr, task: &Value, fake: Fake) -> Value {
    let target = format!("/stream/{}", task["n"]);
    let (mut events, mut id, mut time) = (Vec::new(), String::new(), None);
    loop {
        let sent = (!id.is_empty()).then(|| (fake.again_with)(&id));
        let body = ask(address, &target, sent.as_deref(), b"");
        let no_more = body.is_none();
        let body = body.unwrap_or_default();
        let parsed = Builtin::new().parse(&[&body], Some(&id)).unwrap();
        events.extend(parsed.events.into_iter().map(|event| {
            json!({"type": event.event_type, "data": event.data, "lastEventId": event.last_event_id})
        }));
        id = parsed.last_event_id.unwrap_or_default();
        time = parsed
            .reconnection_time
            .and_then(|time| time.as_u64())
            .or(time);
        let wait = (fake.waits)(time);
        let reconnects = task["reconnects"] == true && !no_more;
        let timed_out = reconnects && wait > Duration::from_secs(9);
        if !reconnects || timed_out {
            if !events.is_empty() {
                (fake.events)(&mut events);
            }
            return json!({"n": task["n"], "events": events, "timedOut": timed_out});
        }
        thread::sleep(wait);
    }
}

/// One request. Returns the body of the response, out of its chunks, if it has one.
fn ask(address: SocketAddr, target: &str, id: Option<&str>, body: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(address).unwrap();
    let id = id.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\r\n{id}Content-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let end = response
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap();
    let body = response.split_off(end + 4);
    let head = String::from_utf8_lossy(&response);
    if head.contains("chunked") {
        return Some(unchunked(&body));
    }
    (!head.starts_with("HTTP/1.1 204")).then_some(body)
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.iter().position(|byte| *byte == b'\r').unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        whole.extend(&body[end + 2..end + 2 + size]);
        body = &body[end + 2 + size + 2..];
        if size == 0 {
            return whole;
        }
    }
}

/// The result of one vector.
fn certify(fake: Fake, deviations: &[Quirk], id: &str) -> Outcome {
    let [Certified { outcome, .. }] = certify_all(fake, deviations, &[id]).try_into().unwrap();
    outcome
}

fn certify_all(fake: Fake, deviations: &[Quirk], ids: &[&str]) -> Vec<Certified> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let suite = Suite::load().unwrap().filter(&ids).unwrap();
    with(fake, deviations, |session| {
        vectors::certify(session, &suite.parse, &mut |_, _| {}).unwrap()
    })
}

fn is_unexpected(outcome: &Outcome, how: &str) -> bool {
    matches!(outcome, Outcome::Unexpected(text) if text.contains(how))
}

#[test]
fn a_browser_that_is_right_agrees() {
    let ids = ["bom/", "chunks/", "id/", "initial-id/", "nul/"];
    for Certified { id, outcome } in certify_all(RIGHT, &[], &ids) {
        assert_eq!(outcome, Outcome::Agrees, "{id}");
    }
}

#[test]
fn a_long_reconnection_time_is_not_waited_for() {
    assert_eq!(certify(RIGHT, &[], "retry/all-digits"), Outcome::Agrees);
}

#[test]
fn a_wrong_event_is_unexpected() {
    let changes: [fn(&mut Vec<Value>); 5] = [
        |events| events[0]["data"] = json!("other"),
        |events| events[0]["type"] = json!("other"),
        |events| events[0]["lastEventId"] = json!("other"),
        |events| events.clear(),
        |events| events.push(events[0].clone()),
    ];
    for events in changes {
        let outcome = certify(Fake { events, ..RIGHT }, &[], "bom/then-lf");
        assert!(is_unexpected(&outcome, "neither"), "{outcome:?}");
    }
}

#[test]
fn a_wrong_id_of_the_reconnection_is_unexpected() {
    for again_with in [|_: &str| String::new(), |id: &str| id.to_owned() + "x"] {
        let mut fake = RIGHT;
        fake.again_with = again_with;
        let outcome = certify(fake, &[], "id/without-data");
        assert!(is_unexpected(&outcome, "with the ID \"1\""), "{outcome:?}");
    }
}

#[test]
fn a_wrong_wait_is_unexpected() {
    let late: fn(Option<u64>) -> Duration = |_| Duration::from_millis(2500);
    for (waits, id, how) in [
        (late, "retry/zero", "after 0 ms"),
        (
            |_| Duration::ZERO,
            "retry/all-digits",
            "after 1234567890 ms",
        ),
    ] {
        let outcome = certify(Fake { waits, ..RIGHT }, &[], id);
        assert!(is_unexpected(&outcome, how), "{outcome:?}");
    }
}

#[test]
fn a_known_deviation_is_named_only_if_it_is_seen() {
    let events = |events: &mut Vec<Value>| events.clear();
    let known = [Quirk::BomHidesLineEnd, Quirk::RetryEmptyIsZero];
    let outcome = certify(Fake { events, ..RIGHT }, &known, "bom/then-lf");
    let names = vec!["bom-hides-line-end".to_owned()];
    assert_eq!(outcome, Outcome::Deviates(names));
    // It is predicted, and does not show.
    let outcome = certify(RIGHT, &known, "bom/then-lf");
    let how = "should not be by bom-hides-line-end";
    assert!(is_unexpected(&outcome, how), "{outcome:?}");
}

#[test]
fn a_difference_in_random_streams_is_made_small() {
    let events = |events: &mut Vec<Value>| events.retain(|event| event["data"] != "y");
    let run = |session: &mut Session| differ(session, 60, 3, &mut |_| {}).unwrap();
    assert_eq!(with(RIGHT, &[], run).agree, 60);
    let differences = with(Fake { events, ..RIGHT }, &[], run);
    assert!(differences.unknown > 0);
    let shown = &differences.shown[0];
    let small = [r#"stream     "data: y\n\n""#, r#"stream     "data:y\n\n""#];
    assert!(small.iter().any(|small| shown.contains(small)), "{shown}");
}

#[test]
fn a_browser_that_does_nothing_is_given_up() {
    let mut session = Session::without_browser(Duration::ZERO, profile(&[])).unwrap();
    let stopped = session.run(vec![Probe::default()], &mut |_| {});
    let stopped = stopped.unwrap_err();
    assert!(matches!(stopped, Stopped::Lost { how, .. } if how.contains("time limit")));
}
