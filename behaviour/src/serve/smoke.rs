//! A smoke test for the programs of servers: does the program start, say where it listens, and answer
//! one event that is to be published?
//!
//! It does not judge the server.

use std::time::Duration;

use esse_conformance::process::{Broken, Link, is_no_command};
use esse_conformance::smoke::{Finding, Smoke};

use super::info::ServerInfo;
use super::message::{Answer, Command, Published};
use super::response::{Address, Request};
use super::server::open;

const FIRST_LINE: &str = "print {\"url\":\"http://127.0.0.1:PORT/..\",\"name\":\"..\",\"options\":[..]} first, once it listens";
const ANSWER: &str = "answer each line on stdin with {\"ok\":true}, or with {\"error\":\"why\"} if the server refuses \
     the event";
const STDOUT: &str = "write nothing but the lines of the protocol to stdout: send banners, logs and debug \
     prints to stderr";
const FLUSH: &str = "flush stdout after each line (Python: print(.., flush=True); C: fflush(stdout); others: \
     stdbuf -oL CMD), and read stdin line by line, not to its end";
const RUN_BY_HAND: &str = "let it run until its stdin ends; run it by hand to see why it ends";

/// Starts the program of a server with the system's shell, opens a stream, publishes one event, and
/// ends its standard input. `timeout` is for each of its lines.
///
/// ```no_run
/// use std::time::Duration;
///
/// let smoke = esse_behaviour::serve::smoke("./server", Duration::from_secs(3));
/// print!("{}", smoke.report());
/// ```
pub fn smoke(command: &str, timeout: Duration) -> Smoke {
    let mut smoke = Smoke::new(command, "checks");
    match open(command, &[]) {
        Ok(link) => converse(link, timeout, &mut smoke),
        Err(error) => {
            smoke.cannot_run = true;
            let what = format!("the shell cannot be started: {error}");
            smoke.push("start", [Finding::wrong(what, "")]);
        }
    }
    smoke
}

/// Goes on as long as nothing is wrong: what follows a fault is another fault only by chance.
fn converse(mut link: Link, timeout: Duration, smoke: &mut Smoke) {
    let address = match start(&mut link, timeout, &mut smoke.cannot_run) {
        Ok((address, note)) => {
            smoke.push("start", note);
            address
        }
        Err(finding) => return smoke.push("start", [finding.stderr(&link.end())]),
    };
    let stream = match Request::default().send(&address, timeout) {
        Ok(stream) => stream,
        Err(error) => {
            let what = format!("the server does not take a request: {error}");
            let finding = Finding::wrong(what, "print the URL when the server listens there");
            return smoke.push("a request", [finding.stderr(&link.end())]);
        }
    };
    smoke.push("a request", None);
    if let Err(finding) = publish(&mut link, timeout) {
        return smoke.push("publish", [finding.stderr(&link.end())]);
    }
    smoke.push("publish", None);
    let is_ended = link.close(timeout).is_some();
    drop(stream);
    let what = format!("it did not end within {timeout:?} when its stdin had ended");
    let remedy = "end the program then, also if streams are open";
    smoke.push("stop", (!is_ended).then(|| Finding::wrong(what, remedy)));
}

/// Where the server is, and what looks odd.
fn start(
    link: &mut Link,
    timeout: Duration,
    cannot_run: &mut bool,
) -> Result<(Address, Option<Finding>), Finding> {
    let first = link.receive(timeout).map_err(|broken| match broken {
        Broken::Exited(Some(status)) if is_no_command(status) => {
            *cannot_run = true;
            let what = format!("the shell cannot run the command ({status})");
            Finding::wrong(
                what,
                "check its name and path, and the folder that it runs in",
            )
        }
        Broken::TimedOut(limit) => Finding::wrong(
            format!("no line in {limit:?}"),
            format!("{FIRST_LINE}, and flush; a slow start needs a longer --timeout"),
        ),
        broken => no_line(link, &broken),
    })?;
    let info = match serde_json::from_slice::<ServerInfo>(&first) {
        Ok(info) => info,
        Err(error) if error.is_data() => {
            let what = format!("the first line cannot be used: {error}");
            return Err(Finding::wrong(what, FIRST_LINE).got(&first));
        }
        Err(_) => return Err(Finding::wrong("the first line is not JSON", STDOUT).got(&first)),
    };
    let address =
        Address::parse(&info.url).map_err(|error| Finding::wrong(error, FIRST_LINE).got(&first))?;
    let note = info.options.is_empty().then(|| {
        let remedy = "the README has the options; what a server has no option for is not checked";
        Finding::note("it says that it has no options", remedy)
    });
    match info.name.trim() {
        "" => Err(Finding::wrong(
            format!("`name` is {:?}", info.name),
            "give the name of the server as text",
        )),
        _ => Ok((address, note)),
    }
}

fn publish(link: &mut Link, timeout: Duration) -> Result<(), Finding> {
    let event = Published::data("smoke");
    let answer = link.exchange(&Command::Publish(&event), timeout);
    let answer = answer.map_err(|broken| match broken {
        Broken::TimedOut(limit) => Finding::wrong(
            format!("no answer in {limit:?}"),
            format!("{ANSWER}; {FLUSH}"),
        ),
        broken => no_line(link, &broken),
    })?;
    match serde_json::from_slice(&answer) {
        Ok(Answer {
            ok: true,
            error: None,
        }) => Ok(()),
        Ok(Answer {
            error: Some(why), ..
        }) => Err(Finding::wrong(
            format!("it refused to publish an event with data alone: {why}"),
            "publish it: the answer is `error` only if the server itself refuses an event",
        )),
        Ok(Answer { error: None, .. }) => {
            Err(Finding::wrong("the answer is neither `ok` nor `error`", ANSWER).got(&answer))
        }
        Err(error) if error.is_data() => {
            let what = format!("the answer cannot be used: {error}");
            Err(Finding::wrong(what, ANSWER).got(&answer))
        }
        Err(_) => Err(Finding::wrong("the answer is not JSON", STDOUT).got(&answer)),
    }
}

/// Why a line is missing.
fn no_line(link: &Link, broken: &Broken) -> Finding {
    match broken {
        Broken::Exited(_) if !link.half().is_empty() => {
            let remedy = "end each line with a line feed, and flush";
            Finding::wrong("the line has no line end", remedy).got(link.half())
        }
        broken => Finding::wrong(format!("it {broken}"), RUN_BY_HAND),
    }
}
