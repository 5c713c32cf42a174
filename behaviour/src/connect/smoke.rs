//! A smoke test for the drivers of clients: does the program start, request the URL that it is given,
//! and print what its user sees at once?
//!
//! It does not judge the client: if that looks odd, it is a note.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use esse_conformance::smoke::{Finding, Smoke};
use esse_vectors::connect::{Said, Scenario};
use serde_json::Value;

use super::child::{Driver, Ended};
use super::option::ClientOption;
use super::record::{Record, Seen};
use super::said::Line;
use super::server::Server;

/// How long a line may take that comes only because the connection has ended.
const AFTER_THE_END: Duration = Duration::from_secs(1);
/// How long a driver must go on after `closed`.
const GOES_ON: Duration = Duration::from_millis(300);
/// A response with one event.
const EVENT: &str = r#"{"statusLine": "HTTP/1.1 200 OK", "headers": [["Content-Type", "text/event-stream"]],
    "pieces": ["retry: 100\nid: 1\ndata: smoke\n\n"], "end": "END"}"#;
/// Path and query of the URL.
const PATH: &str = "/smoke?a=b%20c";

const FLUSH: &str = "flush stdout after each line (Python: print(.., flush=True); C: fflush(stdout); others: stdbuf \
     -oL CMD), and hand out events as they come, not at the end of the body";
const EVENT_LINE: &str = "print {\"type\":\"message\",\"data\":\"..\",\"lastEventId\":\"..\"} for each event, all three as text, \
     and flush";

/// Starts a driver with the system's shell three times: for a response that goes on, for one that
/// ends, and for an answer of 204. `timeout` is for what is expected of each.
///
/// ```no_run
/// use std::time::Duration;
///
/// let smoke = esse_behaviour::connect::smoke("./driver", Duration::from_secs(3));
/// print!("{}", smoke.report());
/// ```
pub fn smoke(command: &str, timeout: Duration) -> Smoke {
    let mut smoke = Smoke::new(command, "scenarios");
    let observed = thread::scope(|scope| {
        let runs = [
            (
                EVENT.replace("END", "silence"),
                has_event as fn(&Seen) -> bool,
            ),
            (EVENT.replace("END", "clean"), has_end),
            (
                r#"{"statusLine": "HTTP/1.1 204 No Content", "repeat": true}"#.to_owned(),
                has_decided,
            ),
        ];
        let runs = runs.map(|(response, is_done)| {
            scope.spawn(move || observe(command, &response, timeout, is_done))
        });
        // A thread that panicked has observed nothing.
        runs.map(|run| {
            run.join()
                .unwrap_or_else(|_| Err(io::Error::other("no observation")))
        })
    });
    match observed {
        [Ok(stream), Ok(end), Ok(no_content)] if !stream.cannot_run() => {
            smoke.push("start", start(&stream));
            smoke.push("request", request(&stream, timeout));
            if !stream.seen.requests.is_empty() {
                let name = "an event, while the response goes on";
                smoke.push(name, event(&stream, timeout));
                smoke.push("the end of a response", end_of_response(&end, timeout));
                smoke.push("an answer of 204", closed(&no_content, timeout));
            }
            smoke.leave_out_repeated();
        }
        [Ok(stream), Ok(_), Ok(_)] => {
            smoke.cannot_run = true;
            let what = "the shell cannot run the command";
            let remedy = "does it exist, and may it be run? The path is relative to this folder";
            smoke.push("start", [stream.explained(Finding::wrong(what, remedy))]);
        }
        observed => {
            smoke.cannot_run = true;
            let errors = observed.into_iter().filter_map(Result::err);
            let findings = errors
                .map(|error| Finding::wrong(format!("the driver cannot be started: {error}"), ""));
            smoke.push("start", findings.take(1));
        }
    }
    smoke
}

/// What a driver did.
struct Observed {
    seen: Seen,
    /// What it printed after the connection had ended, if it had not done all by then.
    after_the_end: Seen,
    ended: Option<Ended>,
    stderr: String,
}

impl Observed {
    fn cannot_run(&self) -> bool {
        self.ended.as_ref().is_some_and(Ended::is_no_command)
    }

    /// The finding with how the driver ended, and what it wrote to stderr.
    fn explained(&self, finding: Finding) -> Finding {
        finding.stderr(&self.stderr)
    }

    /// Why something is missing: the driver has ended, or it took too long.
    fn missing(&self, what: &str, timeout: Duration, remedy: &str) -> Finding {
        let what = match &self.ended {
            Some(ended) => format!("no {what}: it ended with {}", ended.status),
            None => format!("no {what} in {timeout:?}"),
        };
        self.explained(Finding::wrong(what, remedy))
    }
}

fn has_event(seen: &Seen) -> bool {
    seen.said().any(|said| matches!(said, Said::Event { .. }))
}

fn has_end(seen: &Seen) -> bool {
    seen.said()
        .any(|said| matches!(said, Said::Error | Said::Closed))
}

fn has_closed(seen: &Seen) -> bool {
    seen.said().any(|said| *said == Said::Closed)
}

/// It has ended, or will not.
fn has_decided(seen: &Seen) -> bool {
    has_closed(seen) || seen.requests.len() > 1
}

/// Starts the driver, and waits until it has done what it should.
fn observe(
    command: &str,
    response: &str,
    timeout: Duration,
    is_done: fn(&Seen) -> bool,
) -> io::Result<Observed> {
    let scenario: Scenario = serde_json::from_str(&format!(
        r#"{{"id": "smoke", "rule": "", "source": "", "basis": "policy", "client": {{"path": "{PATH}"}},
            "server": [{response}], "expect": {{"said": [], "requests": []}}}}"#
    ))?;
    let record = Record::default();
    let server = Server::bind(&scenario, &record)?;
    thread::scope(|scope| {
        server.start(scope);
        let driver = Driver::start(command, &server.url(), &scenario.client, &record, scope);
        let driver = match driver {
            Ok(driver) => driver,
            Err(error) => {
                server.stop();
                return Err(error);
            }
        };
        let wait = |time| {
            let end = Instant::now() + time;
            record.wait(|seen| seen.is_silent || is_done(seen), |_| end);
            record.seen()
        };
        let mut seen = wait(timeout);
        if is_done(&seen) && !seen.is_silent {
            record.pause(GOES_ON);
            seen = record.seen();
        }
        server.stop();
        let after_the_end = if is_done(&seen) {
            seen.clone()
        } else {
            wait(AFTER_THE_END)
        };
        let stderr = driver.stderr();
        let ended = driver.end(seen.is_silent);
        let stderr = stderr.text();
        Ok(Observed {
            seen,
            after_the_end,
            ended,
            stderr,
        })
    })
}

/// What the driver says of its client.
fn start(observed: &Observed) -> Vec<Finding> {
    let Some(info) = &observed.seen.info else {
        let remedy = "print {\"name\":\"..\",\"options\":[..]} first: known failures name the client \
                      with it, and what it has no option for is not asked";
        return vec![Finding::note("it does not say what its client is", remedy)];
    };
    let mut findings = Vec::new();
    if info.name.trim().is_empty() {
        let what = format!("`name` is {:?}", info.name);
        findings.push(Finding::wrong(what, "give the name of the client as text"));
    }
    let known = ClientOption::ALL.map(|option| option.name().to_owned());
    for option in info.options.iter().flatten() {
        if let ClientOption::Other(name) = option {
            let letters = |name: &str| name.replace(['-', '_', ' '], "").to_lowercase();
            let meant = known.iter().find(|one| letters(one) == letters(name));
            let what = format!("`options` holds {name:?}, which is not known");
            findings.push(match meant {
                Some(meant) => Finding::wrong(what, format!("write {meant:?}")),
                None => Finding::note(what, format!("the options are {}", known.join(", "))),
            });
        }
    }
    findings
}

/// The first request.
fn request(observed: &Observed, timeout: Duration) -> Vec<Finding> {
    let Some(first) = observed.seen.requests.first() else {
        let remedy = "connect to the URL that is the last argument of the command; a slow start needs a \
                      longer --timeout";
        let mut findings = unknown_lines(&observed.seen);
        findings.push(observed.missing("request", timeout, remedy));
        return findings;
    };
    let mut findings = Vec::new();
    let (method, path) = (&first.request.method, &first.request.path);
    if path != PATH {
        findings.push(Finding::wrong(
            format!("it requested {path:?}, but the URL had {PATH:?}"),
            "request the URL of the last argument as it is, with its query",
        ));
    }
    if method != "GET" {
        findings.push(Finding::wrong(
            format!("the method is {method:?}"),
            "without SSE_METHOD in the environment, use GET",
        ));
    }
    findings
}

/// The lines for the connection and its event.
fn event(observed: &Observed, timeout: Duration) -> Vec<Finding> {
    let mut findings = unknown_lines(&observed.seen);
    let mut events = observed
        .seen
        .said()
        .filter(|said| matches!(said, Said::Event { .. }));
    match events.next() {
        Some(Said::Event {
            event_type,
            data,
            last_event_id,
        }) => {
            let came = [event_type, data, last_event_id].map(String::as_str);
            if came != ["message", "smoke", "1"] {
                let what = format!(
                    "type, data and last event ID are {came:?}, and should be [\"message\", \"smoke\", \"1\"]"
                );
                findings.push(Finding::note(what, "is that the client, or its driver?"));
            }
        }
        _ if has_event(&observed.after_the_end) => {
            let what = format!("no event in {timeout:?}; it came when the connection had ended");
            findings.push(Finding::wrong(what, FLUSH));
        }
        _ => findings.push(observed.missing("event", timeout, EVENT_LINE)),
    }
    if !observed.seen.said().any(|said| *said == Said::Open) && has_event(&observed.seen) {
        findings.push(Finding::wrong(
            "there is no line for the connection",
            "print {\"open\":true} when the connection is announced, before its first event",
        ));
    }
    findings
}

/// The line for a connection that is lost.
fn end_of_response(observed: &Observed, timeout: Duration) -> Vec<Finding> {
    let mut findings = unknown_lines(&observed.seen);
    if has_end(&observed.seen) {
        return findings;
    }
    let remedy = "print {\"error\":\"why\"} when the connection is lost and will be made again, and \
                  {\"closed\":\"why\"} if it will not";
    findings.push(observed.missing("`error`", timeout, remedy));
    findings
}

/// The line for a client that ends.
fn closed(observed: &Observed, timeout: Duration) -> Vec<Finding> {
    let mut findings = unknown_lines(&observed.seen);
    let requests = observed.seen.requests.len();
    if has_closed(&observed.seen) {
        if let Some(ended) = &observed.ended {
            findings.push(Finding::note(
                format!("it ended after `closed`, with {}", ended.status),
                "let it wait, so that it can be seen that nothing follows",
            ));
        }
    } else if requests > 1 {
        findings.push(Finding::note(
            "the client connects again after 204",
            "by 9.2.2 of HTML it should not; the scenarios judge it",
        ));
    } else {
        let remedy =
            "print {\"closed\":\"why\"} when there will be no further attempt, as after 204";
        findings.push(observed.missing("`closed`", timeout, remedy));
    }
    findings
}

/// Lines that are not in the protocol, by what is to be done.
fn unknown_lines(seen: &Seen) -> Vec<Finding> {
    let unknown = seen.lines.iter().filter_map(|line| match line {
        Line::Unknown(text) => Some(text),
        Line::Said { .. } | Line::FinalError => None,
    });
    let findings = unknown.map(|text| {
        let (what, remedy) = match serde_json::from_str::<Value>(text) {
            Err(_) => (
                "a line is not JSON",
                "write nothing but the lines of the protocol to stdout: send banners, logs and debug \
                 prints to stderr",
            ),
            Ok(line) if line.get("data").is_some() => {
                ("the line of an event does not have what it needs", EVENT_LINE)
            }
            Ok(line) if line.get("options").is_some() || line.get("name").is_some() => (
                "the line about the client cannot be used",
                "print {\"name\":\"..\",\"options\":[..]}, with the name as text, once and before every \
                 other line",
            ),
            Ok(_) => (
                "a line is not in the protocol",
                "the lines are those of events, `open`, `error`, `closed`, comments, and of an error at the end",
            ),
        };
        Finding::wrong(what, remedy).got(text.as_bytes())
    });
    findings.take(3).collect()
}
