//! `esse decode | esse encode | esse decode` gives the same lines again.

use crate::program::{esse, quietly};

const STREAMS: [&str; 15] = [
    "",
    "data: a\n\n",
    "data: a\r\ndata: b\r\n\r\n",
    "event: message\ndata: a\n\nevent: add\ndata: b\n\ndata: c\n\n",
    "event:  \ndata: a\n\n",
    "id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\nid\ndata: d\n\nid: 2\ndata: e\n\n",
    "id: 1\n\ndata: a\n\nid: 2\n\nid: 1\n\ndata: b\n\nid\n\ndata: c\n\n",
    ": a\ndata: b\n: c\ndata: d\n\n:\n:  e\n: : f\n",
    "retry: 0\ndata: a\nretry: 18446744073709551615\n\nretry: 99999999999999999999\n",
    "data\n\ndata\ndata\n\ndata:\ndata: \ndata:  \n\ndata: \ndata: a\ndata\n\n",
    "id: \u{FEFF} \u{1F600}\nevent: \0\ndata: \u{2028}\u{85}\0\u{7f}\"\\\n\n: \0\n",
    "\u{FEFF}\u{FEFF}data: lost\n\ndata: \u{FEFF}\n\n",
    "data: a\n\n\u{FEFF}id: 7\n\u{FEFF}\n\u{FEFF}\u{FEFF}data\n\ndata: b\n\n",
    "data: a\n\n: a comment in a block\nid: 3\ndata: that is never ended\n",
    "id: a\0b\ndata: a\n\nevent: x\n\ndata: b\n\nfoo: bar\nDATA: c\n\n",
];

/// Decodes, encodes and decodes again. The encoding no longer changes.
pub(crate) fn assert_round_trip(stream: &[u8], decode: &[&str], what: &str) {
    let lines = esse(decode, stream).stdout;
    let encoded = esse(&["encode"], &lines);
    assert_eq!((encoded.stderr.as_str(), encoded.status), ("", 0), "{what}");
    assert!(
        esse(decode, &encoded.stdout) == quietly(&lines),
        "{what}: {encoded:?}"
    );
    let again = esse(&["encode"], esse(decode, &encoded.stdout).stdout);
    assert!(again == encoded, "{what}");
}

#[test]
fn decode_encode_decode_gives_the_same_lines() {
    for stream in STREAMS {
        assert_round_trip(stream.as_bytes(), &["decode"], stream);
        assert_round_trip(stream.as_bytes(), &["decode", "--all"], stream);
    }
}

#[test]
fn the_streams_hold_all_kinds_of_lines() {
    let lines: String = STREAMS
        .iter()
        .map(|s| esse(&["decode", "--all"], s).stdout)
        .collect();
    for start in [
        "{\"type\":",
        "{\"comment\":",
        "{\"retry\":",
        "{\"id\":",
        "{\"fields\":",
    ] {
        assert!(
            lines.lines().filter(|line| line.starts_with(start)).count() > 1,
            "{lines}"
        );
    }
}
