//! `esse conform --client --smoke`: drivers that are wrong on purpose, each in one way.

use super::{Run, conform};

const START: &str = r#"echo '{"name":"x","options":[]}'"#;
const OPEN: &str = r#"echo '{"open":true}'"#;
const EVENT: &str = r#"echo '{"type":"message","data":"smoke","lastEventId":"1"}'"#;
const ERROR: &str = r#"echo '{"error":"end"}'"#;
const CLOSED: &str = r#"echo '{"closed":"204"}'; sleep 60"#;

/// A driver without a client: what it does at each step, in the order of these constants.
struct Driver {
    start: &'static str,
    read: &'static str,
    open: &'static str,
    event: &'static str,
    error: &'static str,
    closed: &'static str,
}

const RIGHT: Driver = Driver {
    start: START,
    read: r#"curl -sNi "$1""#,
    open: OPEN,
    event: EVENT,
    error: ERROR,
    closed: CLOSED,
};

impl Driver {
    fn smoke(&self, timeout: &str) -> Run {
        let Self {
            start,
            read,
            open,
            event,
            error,
            closed,
        } = self;
        let command = format!(
            "drive() {{ {start}; {read} | while IFS= read -r line; do case \"$line\" in \
             *'HTTP/1.1 200'*) {open};; *'HTTP/1.1 204'*) {closed};; 'data: smoke') {event};; esac; done; \
             {error}; sleep 60; }}; drive"
        );
        smoke(&command, timeout)
    }

    /// This is all that is wrong, and that is the advice.
    #[track_caller]
    fn is_wrong(&self, what: &str, remedy: &str) {
        let run = self.smoke("5");
        has(&run, "wrong", what, remedy);
        run.exits(1).has_stdout("\n1 protocol error.\n");
    }

    #[track_caller]
    fn is_noted(&self, what: &str, remedy: &str) {
        let run = self.smoke("5");
        has(&run, "note", what, remedy);
        run.exits(0).has_stdout("\nIt speaks the protocol.");
    }
}

fn smoke(command: &str, timeout: &str) -> Run {
    conform(&["--client", command, "--smoke", "--timeout", timeout])
}

#[track_caller]
fn has(run: &Run, severity: &str, what: &str, remedy: &str) {
    assert_eq!(run.stderr, "");
    run.has_finding(severity, what, remedy);
}

#[test]
fn one_that_is_right_passes() {
    let run = RIGHT.smoke("20");
    run.exits(0).has_stdout(
        "\n\nok     start\nok     request\nok     an event, while the response goes on\n\
         ok     the end of a response\nok     an answer of 204\n\n\
         It speaks the protocol. Next: the same without --smoke runs the scenarios.\n",
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_command_that_does_not_exist_cannot_be_run() {
    let run = smoke("esse-no-such-driver", "20");
    run.exits(2)
        .has_stdout("the shell cannot run the command")
        .has_stdout("esse-no-such-driver: not found")
        .has_stdout("\nThe command cannot be run.\n");
}

#[test]
fn a_driver_that_does_not_request_the_url_is_wrong() {
    let run = smoke("echo >&2 'no client'; exit 3;", "20");
    has(
        &run,
        "wrong",
        "no request: it ended with exit status: 3",
        "the last argument",
    );
    run.exits(1).has_stdout("\n         stderr no client\n");
    let run = smoke("sleep 60;", "1");
    has(&run, "wrong", "no request in 1s", "the last argument");
    run.exits(1);
    let read = r#"curl -sNi "${1%%\?*}""#;
    Driver { read, ..RIGHT }.is_wrong(
        r#"it requested "/smoke", but the URL had "/smoke?a=b%20c""#,
        "with its query",
    );
    let read = r#"curl -sNi -X PUT "$1""#;
    Driver { read, ..RIGHT }.is_wrong("the method is \"PUT\"", "SSE_METHOD");
}

#[test]
fn a_driver_that_says_nothing_of_its_client_or_an_unknown_option_is_advised() {
    Driver {
        start: ":",
        ..RIGHT
    }
    .is_noted("does not say what its client is", "\"options\":[..]");
    let start = r#"echo '{"name":"x","options":["cookies"]}'"#;
    Driver { start, ..RIGHT }.is_noted("`options` holds \"cookies\"", "closeAfterMs");
    let start = r#"echo '{"name":"x","options":["retry_ms"]}'"#;
    Driver { start, ..RIGHT }.is_wrong("`options` holds \"retry_ms\"", "write \"retryMs\"");
    let start = r#"echo '{"name":7,"options":[]}'"#;
    Driver { start, ..RIGHT }.is_wrong("the line about the client", "as text");
}

#[test]
fn an_event_that_comes_late_or_never_is_wrong() {
    let read = r#"sh -c 'all=$(curl -sNi "$1"); printf "%s\n" "$all"' sh "$1""#;
    let run = Driver { read, ..RIGHT }.smoke("2");
    has(
        &run,
        "wrong",
        "it came when the connection had ended",
        "flush stdout",
    );
    run.exits(1);
    Driver {
        event: ":",
        ..RIGHT
    }
    .is_wrong("no event in 5s", "\"lastEventId\"");
    Driver { open: ":", ..RIGHT }.is_wrong("no line for the connection", "{\"open\":true}");
}

#[test]
fn a_line_that_is_not_in_the_protocol_is_wrong() {
    let open = r#"echo connecting; echo '{"open":true}'"#;
    let run = Driver { open, ..RIGHT }.smoke("20");
    has(&run, "wrong", "a line is not JSON", "stderr");
    run.exits(1)
        .has_stdout("\n         got    connecting\n")
        .has_stdout("WRONG  the end of a response (as above)\n");
    let event = r#"echo '{"data":"smoke"}'"#;
    let run = Driver { event, ..RIGHT }.smoke("2");
    has(
        &run,
        "wrong",
        "does not have what it needs",
        "\"lastEventId\"",
    );
    let error = r#"echo '{"lost":"end"}'; echo '{"error":"end"}'"#;
    Driver { error, ..RIGHT }.is_wrong("a line is not in the protocol", "`closed`");
}

#[test]
fn another_event_is_only_noted() {
    let event = r#"echo '{"type":"message","data":"smoke","lastEventId":""}'"#;
    Driver { event, ..RIGHT }.is_noted("[\"message\", \"smoke\", \"\"]", "is that the client");
}

#[test]
fn an_end_that_is_not_said_is_wrong() {
    Driver {
        error: ":",
        ..RIGHT
    }
    .is_wrong("no `error` in 5s", "{\"error\":\"why\"}");
    let closed = "sleep 60";
    Driver { closed, ..RIGHT }.is_wrong("no `closed` in 5s", "as after 204");
    let closed = r#"echo '{"closed":"204"}'; kill -9 0"#;
    Driver { closed, ..RIGHT }.is_noted("it ended after `closed`", "let it wait");
    let closed = r#"curl -s "$1"; sleep 60"#;
    Driver { closed, ..RIGHT }.is_noted("connects again after 204", "9.2.2");
}
