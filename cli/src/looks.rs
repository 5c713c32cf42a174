//! What an input looks like that is not an event stream.

/// How much of the start is looked at, in bytes.
pub(crate) const HEAD: usize = 8 * 1024;

/// How much of it is shown, in bytes.
const SHOWN: usize = 60;

/// Whether any line of the start is a comment, or a field with one of the standard's names, or all
/// lines are blank.
pub(crate) fn like_an_event_stream(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut lines = head.split(|byte| matches!(byte, b'\n' | b'\r'));
    head.trim_ascii().is_empty()
        || lines.any(|line| {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let is_comment = line.first() == Some(&b':');
            is_comment || matches!(name, b"data" | b"event" | b"id" | b"retry")
        })
}

/// The first bytes, and a guess at what they are.
pub(crate) fn describe(head: &[u8]) -> String {
    let shown = &head[..head.len().min(SHOWN)];
    let dots = if head.len() > SHOWN { "…" } else { "" };
    let text = esse_conformance::report::escape::escape(shown);
    match guess(head) {
        Some(guess) => format!("it looks like {guess}; it begins with \"{text}{dots}\""),
        None if like_an_event_stream(head) => format!("it begins with \"{text}{dots}\""),
        None => format!("no line is a field or a comment; it begins with \"{text}{dots}\""),
    }
}

fn guess(head: &[u8]) -> Option<&'static str> {
    let text = head.trim_ascii_start();
    let lower: Vec<u8> = text.iter().take(16).map(u8::to_ascii_lowercase).collect();
    Some(match head {
        [0x1f, 0x8b, ..] => "gzip: with curl, add --compressed",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd: with curl, add --compressed",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, 0, _, ..] | [_, 0, _, 0, ..] => {
            "UTF-16: an event stream is always UTF-8"
        }
        _ if lower.starts_with(b"http/") => "a response with its head: with curl, leave out -i",
        _ if lower.starts_with(b"<") => "HTML or XML, perhaps the error page of a proxy",
        _ if is_json_lines(text) => {
            "JSON lines: jq -c '{data: .}' | esse encode makes events of them"
        }
        _ if matches!(text.first(), Some(b'{' | b'[')) => "JSON, perhaps an error of the server",
        _ if is_binary(head) => "compressed or binary data: with curl, add --compressed",
        _ => return None,
    })
}

/// Two lines or more, each an object.
fn is_json_lines(text: &[u8]) -> bool {
    let whole = text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    let mut lines = text[..whole]
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii);
    let is_object = |line: &[u8]| line.starts_with(b"{") && line.ends_with(b"}");
    text[..whole].contains(&b'\n') && lines.all(is_object)
}

fn is_binary(head: &[u8]) -> bool {
    let is_odd = |byte: &&u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let is_cut = |error: core::str::Utf8Error| error.error_len().is_none();
    head.iter().filter(is_odd).count() > head.len() / 20
        || core::str::from_utf8(head).is_err_and(|error| !is_cut(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_guess(head: &[u8], word: &str) {
        assert!(!like_an_event_stream(head), "{}", head.escape_ascii());
        let described = describe(head);
        assert!(described.contains(word), "{described}");
    }

    #[test]
    fn what_is_piped_into_decoders_by_mistake() {
        assert_guess(b"{\n  \"error\": {}\n}\n", "JSON, perhaps");
        assert_guess(b"[1]", "JSON, perhaps");
        assert_guess(b"{\"a\":1}\n{\"b\":2}\n", "JSON lines");
        assert_guess(b"<!DOCTYPE html>\n<p>data: x</p>", "HTML");
        assert_guess(b"\x1f\x8b\x08\0\0\0\0\0", "gzip");
        assert_guess(b"\x28\xb5\x2f\xfd\x04", "zstd");
        assert_guess(b"\x0b\x0a\x80\x9b\xff\x01\x02\x03", "compressed or binary");
        assert_guess(b"d\0a\0t\0a\0:\0", "UTF-16");
        assert_guess(b"\xff\xfed\0a\0", "UTF-16");
        assert_guess(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n", "-i");
        assert_guess(b"hello\nworld\n", "no line is a field or a comment");
    }

    #[test]
    fn one_known_line_is_enough() {
        for head in [
            "",
            "\n\n",
            "\u{feff}:\n",
            "x\r\rretry\n",
            "{}\nid: 7",
            "event:x",
        ] {
            assert!(like_an_event_stream(head.as_bytes()), "{head:?}");
        }
        for head in ["dataset: 1\n", " data: x\n", "Data: x\n"] {
            assert!(!like_an_event_stream(head.as_bytes()), "{head:?}");
        }
    }
}
