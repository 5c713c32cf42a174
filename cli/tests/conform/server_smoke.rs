//! `esse conform --server --smoke`: programs of servers that are wrong on purpose, each in one way.

use esse_testkit::bare_server;

use super::{Run, conform};

fn smoke(command: &str, timeout: &str) -> Run {
    conform(&["--server", command, "--smoke", "--timeout", timeout])
}

/// This is all that is wrong, and that is the advice.
#[track_caller]
fn is_wrong(command: &str, timeout: &str, what: &str, remedy: &str) {
    let run = smoke(command, timeout);
    assert_eq!(run.stderr, "");
    run.has_finding("wrong", what, remedy);
    run.exits(1).has_stdout("\n1 protocol error.\n");
}

/// The right program, with something else in place of a part of it.
fn with(part: &str, instead: &str) -> String {
    let right = bare_server().unwrap();
    assert!(right.contains(part), "{right}");
    right.replace(part, instead)
}

#[test]
fn one_that_is_right_passes() {
    let run = smoke(&bare_server().unwrap(), "20");
    run.exits(0).has_stdout(
        "\n\nok     start\nok     a request\nok     publish\nok     stop\n\n\
         It speaks the protocol. Next: the same without --smoke runs the checks.\n",
    );
    assert_eq!(run.stderr, "");
    let none = smoke(&with(r#","options":["ids"]"#, ""), "20");
    none.exits(0)
        .has_stdout("         note   it says that it has no options\n");
}

#[test]
fn a_command_that_does_not_exist_cannot_be_run() {
    let run = smoke("esse-no-such-server", "20");
    run.exits(2)
        .has_stdout("the shell cannot run the command")
        .has_stdout("esse-no-such-server: not found")
        .has_stdout("\nThe command cannot be run.\n");
}

#[test]
fn a_program_that_does_not_say_where_it_listens_is_wrong() {
    is_wrong(
        "echo Listening on 80; cat",
        "20",
        "the first line is not JSON",
        "stderr",
    );
    smoke("echo Listening on 80; cat", "20").has_stdout("\n         got    Listening on 80\n");
    is_wrong(
        "echo >&2 why; exit 3",
        "20",
        "it crashed: exit status: 3",
        "by hand",
    );
    smoke("echo >&2 why; exit 3", "20").has_stdout("\n         stderr why\n");
    is_wrong("cat", "1", "no line in 1s", "\"url\"");
    is_wrong(
        &with("\"url\"", "\"address\""),
        "20",
        "missing field `url`",
        "\"url\"",
    );
    is_wrong(
        &with("\"ids\"", "\"cookies\""),
        "20",
        "unknown variant `cookies`",
        "\"options\"",
    );
    is_wrong(&with("\"bare\"", "\" \""), "20", "`name` is", "as text");
    is_wrong(
        &with("http://", "https://"),
        "20",
        "does not begin with http://",
        "\"url\"",
    );
    is_wrong("printf '{'", "20", "the line has no line end", "line feed");
}

#[test]
fn a_server_that_cannot_be_reached_is_wrong() {
    let command = r#"echo '{"url":"http://127.0.0.1:1/","name":"x","options":["ids"]}'; cat"#;
    is_wrong(command, "20", "does not take a request", "listens");
}

#[test]
fn an_event_that_is_not_answered_is_wrong() {
    let answer = r#"echo '{"ok":true}'"#;
    is_wrong(&with(answer, ":"), "1", "no answer in 1s", "flush");
    is_wrong(
        &with(answer, "echo published"),
        "20",
        "the answer is not JSON",
        "stderr",
    );
    is_wrong(
        &with(answer, r#"echo '{"ok":false}'"#),
        "20",
        "neither `ok` nor `error`",
        "{\"ok\":true}",
    );
    is_wrong(
        &with(answer, r#"echo '{"ok":"yes"}'"#),
        "20",
        "invalid type: string \"yes\"",
        "{\"ok\":true}",
    );
    is_wrong(
        &with(answer, r#"echo '{"error":"full"}'"#),
        "20",
        "with data alone: full",
        "only if the server itself",
    );
    is_wrong(&with(answer, "exit 4"), "20", "exit status: 4", "by hand");
}

#[test]
fn a_program_that_does_not_end_is_wrong() {
    let command = format!("{}; exec sleep 60", bare_server().unwrap());
    is_wrong(&command, "1", "it did not end within 1s", "also if streams");
}
