//! `esse encode`.

use crate::program::{Ran, esse, quietly};

#[test]
fn every_member_is_written_in_canonical_form() {
    let line =
        r#"{"id":"i","data":"d\r\ne","fields":[["n","v"]],"retry":5,"event":"e","comment":"c"}"#;
    let expected = ": c\nevent: e\nretry: 5\nn: v\ndata: d\ndata: e\nid: i\n\n";
    assert_eq!(esse(&["encode"], line), quietly(expected));
}

#[test]
fn blank_lines_and_line_ends_of_any_kind_do_not_matter() {
    let lines = "\n{\"data\":\"a\"}\r\n  \r\n{\"comment\":\"\"}";
    assert_eq!(esse(&["encode"], lines), quietly("data: a\n\n: \n\n"));
}

/// What comes before a bad line is written; what comes after it is not read.
fn refuse(bad: &str) -> String {
    let Ran {
        stdout,
        stderr,
        status,
    } = esse(
        &["encode"],
        format!("{{\"data\":\"a\"}}\n\n{bad}\n{{\"data\":\"b\"}}\n"),
    );
    assert_eq!((stdout.as_str(), status), ("data: a\n\n", 1), "{bad}");
    let reason = stderr.strip_prefix("esse: <stdin>:3: ").expect(&stderr);
    assert_eq!(reason.lines().count(), 1, "{reason}");
    reason.trim_end().to_owned()
}

#[test]
fn json_that_is_no_block_is_an_error_with_line_and_column() {
    assert_eq!(refuse(r#"{"data":x}"#), "expected value (column 9)");
    assert!(
        refuse(r#"{"name":"a"}"#).starts_with("unknown member `name`, expected one of `comment`")
    );
    assert!(refuse(r#"{"event":7}"#).starts_with("invalid type: integer `7`, expected a string"));
    assert!(refuse(r#"{"retry":-1}"#).starts_with("`retry` must be a whole number"));
    assert!(refuse(r#"["a"]"#).starts_with("not a JSON object"));
    assert!(refuse("data: a").starts_with("not a JSON object"));
    assert!(refuse(r#"{"data":"\ud800"}"#).starts_with("lone surrogate"));
    assert!(refuse(r#"{"event":"\udc00"}"#).starts_with("lone surrogate"));
}

#[test]
fn what_would_be_read_as_another_field_is_an_error() {
    let reason = refuse(r#"{"id":"7\ndata: forged","data":""}"#);
    assert!(
        reason.starts_with("event ID has a line break at byte 1"),
        "{reason}"
    );
    assert!(refuse(r#"{"event":"a\rb"}"#).starts_with("event type has a line break"));
    assert_eq!(
        refuse(r#"{"fields":[["data","x"]]}"#),
        "field name is one of `data`, `event`, `id`, `retry`: use the member of that name"
    );
    assert!(refuse(r#"{"type":"x","data":"","lastEventId":"\u0000"}"#).contains("U+0000"));
}

#[test]
fn bytes_that_are_no_utf_8_are_an_error() {
    let ran = esse(&["encode"], b"{\"data\":\"\xFF\"}\n");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
    assert!(
        ran.stderr.starts_with("esse: <stdin>:1: invalid unicode"),
        "{}",
        ran.stderr
    );
}
