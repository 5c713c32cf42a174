//! `esse decode`.

use std::fs::{self, File};
use std::io::Write;

use crate::program::{command, esse, quietly};

const STREAM: &str =
    ": hi\nretry: 300\nid: 1\ndata: a\n\nevent: add\ndata: b\ndata: c\n\nid\ndata\n\n";

#[test]
fn one_event_a_line() {
    let expected = concat!(
        r#"{"type":"message","data":"a","lastEventId":"1"}"#,
        "\n",
        r#"{"type":"add","data":"b\nc","lastEventId":"1"}"#,
        "\n",
        r#"{"type":"message","data":"","lastEventId":""}"#,
        "\n",
    );
    assert_eq!(esse(&["decode"], STREAM), quietly(expected));
    assert_eq!(esse(&["decode", "-"], STREAM), quietly(expected));
}

#[test]
fn all_adds_comments_and_reconnection_times_in_their_order() {
    let expected = concat!(
        r#"{"comment":"hi"}"#,
        "\n",
        r#"{"retry":18446744073709551615}"#,
        "\n",
        r#"{"type":"message","data":"a","lastEventId":""}"#,
        "\n",
        r#"{"comment":" \u0000"}"#,
        "\n",
    );
    let stream = ":hi\nretry: 99999999999999999999\ndata: a\n\n:  \0\n";
    assert_eq!(esse(&["decode", "--all"], stream), quietly(expected));
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced() {
    let ran = esse(&["decode"], b"\xEF\xBB\xBFdata: \xED\xA0\x80\r\r");
    let expected =
        "{\"type\":\"message\",\"data\":\"\u{FFFD}\u{FFFD}\u{FFFD}\",\"lastEventId\":\"\"}\n";
    assert_eq!(ran, quietly(expected));
}

#[test]
fn a_stream_of_many_reads_is_one_stream() {
    let line = format!("data: {}\n", "x".repeat(99_999));
    let ran = esse(&["decode"], format!("{line}{line}\n").repeat(3));
    let data = format!("{0}\\n{0}", "x".repeat(99_999));
    let expected = format!("{{\"type\":\"message\",\"data\":\"{data}\",\"lastEventId\":\"\"}}\n");
    assert!(
        ran == quietly(&expected.repeat(3)),
        "{} bytes",
        ran.stdout.len()
    );
}

#[test]
fn a_limit_exceeded_is_reported_and_the_next_block_is_decoded() {
    let ran = esse(
        &["decode", "--limit-data", "3"],
        "data: a\n\ndata: long\n\ndata: b\n\n",
    );
    assert_eq!(ran.status, 1);
    let data: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split('"').nth(7))
        .collect();
    assert_eq!(data, ["a", "b"]);
    let message = "esse: <stdin>: the data in line 3 (at byte 9) is over the limit of 3 bytes";
    assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
    ran.has_stderr("; --limit-data or --no-limits raises the limit\n");
    assert_eq!(ran.stderr.lines().count(), 1);
}

#[test]
fn without_limits_everything_goes() {
    let stream = format!("event: {}\ndata: x\n\n", "t".repeat(100_000));
    let ran = esse(&["decode"], &stream);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    ran.has_stderr("the event type in line 1");
    ran.has_stderr("discarded; --no-limits raises the limit\n");
    let ran = esse(&["decode", "--no-limits"], &stream);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.len() > 100_000);
}

#[test]
fn an_event_without_its_blank_line_is_noted() {
    let stream = "data: a\n\nid: 7\ndata: b\n";
    let ran = esse(&["decode"], stream);
    assert_eq!((ran.status, ran.stdout.lines().count()), (0, 1));
    assert_eq!(
        ran.stderr,
        "esse: <stdin>: the stream ends inside an event: no blank line follows, so the last 14 \
         bytes (from byte 9) are discarded; --keep-last keeps the event\n"
    );
    assert_eq!(esse(&["decode", "--strict"], stream).status, 1);
    for (stream, bytes) in [
        ("data: a\n\nretry: 3", 8),
        ("data: a\n\nevent: content_block_delta\n", 27),
        ("data: a\n\ndat", 3),
        ("data: a\n\nd", 1),
    ] {
        let ran = esse(&["decode", "--strict"], stream);
        let note = format!("inside a block: no blank line follows, so the last {bytes} bytes");
        let note = note.replace("1 bytes", "byte (from byte 9) is discarded");
        assert!(ran.stderr.contains(&note), "{}", ran.stderr);
        assert_eq!(ran.status, 1);
    }
}

#[test]
fn the_last_event_is_kept_if_asked_for() {
    let line = "{\"type\":\"message\",\"data\":\"b\",\"lastEventId\":\"\"}\n";
    for end in ["", "\n", "\r", "\r\n", "\n: c"] {
        let ran = esse(
            &["decode", "--keep-last", "--strict"],
            format!("data: b{end}"),
        );
        assert_eq!(ran, quietly(line), "{end:?}");
    }
    let ran = esse(&["decode", "--keep-last"], "event: x\n");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 0));
    let ran = esse(&["decode", "--keep-last", "--limit-data", "1"], "data: ab");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
}

#[test]
fn all_adds_ids_without_an_event_and_ignored_lines() {
    let stream = "error: {\"code\":400}\nid: 7\n\nDATA\ndata: x\n\n";
    let lines = concat!(
        r#"{"fields":[["error","{\"code\":400}"]]}"#,
        "\n",
        r#"{"id":"7"}"#,
        "\n",
        r#"{"fields":[["DATA",""]]}"#,
        "\n",
        r#"{"type":"message","data":"x","lastEventId":"7"}"#,
        "\n",
    );
    assert_eq!(esse(&["decode", "--all"], stream), quietly(lines));
}

#[test]
fn what_is_not_an_event_stream_is_noted() {
    let stream = "{\"model\":\"a\",\"done\":false}\n{\"done\":true}\n";
    let ran = esse(&["decode"], stream);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 0));
    assert!(ran.stderr.contains("JSON lines"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains(r#"begins with "{\"model\""#),
        "{}",
        ran.stderr
    );
    assert_eq!(esse(&["decode", "--strict"], stream).status, 1);
    assert_eq!(esse(&["decode", "--strict"], ""), quietly(""));
    assert_eq!(esse(&["decode", "--strict"], ":\n"), quietly(""));
}

#[test]
fn each_file_is_a_stream_of_its_own() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let files = [
        ("a", "\u{feff}id: 1\ndata: a\n\ndata: cut"),
        ("b", "\u{feff}data: b\n\n"),
    ];
    let paths = files.map(|(name, stream)| {
        let path = format!("{folder}/cli-decode-{name}");
        fs::write(&path, stream).unwrap();
        path
    });
    let ran = esse(&["decode", &paths[0], &paths[1]], "");
    let lines = concat!(
        r#"{"type":"message","data":"a","lastEventId":"1"}"#,
        "\n",
        r#"{"type":"message","data":"b","lastEventId":""}"#,
        "\n",
    );
    assert_eq!((ran.stdout.as_str(), ran.status), (lines, 0));
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn a_stream_that_ends_between_events_is_not_noted() {
    for stream in ["data: a\n\n", "data: a\n\n: keep-alive\n"] {
        let ran = esse(&["decode", "--strict"], stream);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{stream:?}");
    }
}

/// As on a terminal, which shows both.
#[test]
fn a_message_comes_after_the_events_before_it() {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/cli-both");
    let both = File::create(path).unwrap();
    let mut command = command(&["decode", "--limit-data", "3"]);
    command.stdout(both.try_clone().unwrap()).stderr(both);
    let mut child = command.spawn().unwrap();
    let stream = b"data: a\n\ndata: long\n\ndata: b\n\n";
    child.stdin.take().unwrap().write_all(stream).unwrap();
    child.wait().unwrap();
    let starts: Vec<String> = fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| line[..5].to_owned())
        .collect();
    assert_eq!(starts, [r#"{"typ"#, "esse:", r#"{"typ"#]);
}
