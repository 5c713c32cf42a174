//! Shows bytes in reports: printable ASCII as it is, everything else escaped, long texts
//! shortened.

use std::fmt::Write;

/// Bytes kept at each end when a value is too long to show whole.
const KEPT_AT_EACH_END: usize = 100;

/// Escapes bytes so that nothing is invisible: `\n`, `\r`, `\t`, `\u{2028}` for characters,
/// `\xE2` for bytes that are not UTF-8.
pub fn escape(bytes: &[u8]) -> String {
    escape_but(&[], bytes)
}

/// Escapes all but these characters.
fn escape_but(kept: &[char], bytes: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len());
    for piece in bytes.utf8_chunks() {
        for char in piece.valid().chars() {
            if kept.contains(&char) {
                escaped.push(char);
            } else {
                escape_char(char, &mut escaped);
            }
        }
        for byte in piece.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\x{byte:02X}");
        }
    }
    escaped
}

fn escape_char(char: char, escaped: &mut String) {
    match char {
        '\n' => escaped.push_str("\\n"),
        '\r' => escaped.push_str("\\r"),
        '\t' => escaped.push_str("\\t"),
        '"' | '\\' => escaped.extend(['\\', char]),
        ' '..='~' => escaped.push(char),
        _ => {
            let _ = write!(escaped, "\\u{{{:04X}}}", u32::from(char));
        }
    }
}

/// Escapes bytes as [`escape()`] does, but leaves quotes and backslashes as they are: for a line
/// of JSON or of stderr. A long line is shown by its start and its length.
pub fn line(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(3 * KEPT_AT_EACH_END)];
    let escaped = escape_but(&['"', '\\'], shown);
    if shown.len() < bytes.len() {
        return format!("{escaped} ... ({} bytes)", bytes.len());
    }
    escaped
}

/// A line of text that a terminal can show: control characters are replaced.
pub fn printable(line: &str) -> String {
    line.replace(char::is_control, "\u{FFFD}")
}

/// Escapes and quotes bytes. A long value is shown by both ends and its length.
pub fn quote(bytes: &[u8]) -> String {
    // One that is just over the limit is not made shorter by leaving out its middle.
    if bytes.len() <= 3 * KEPT_AT_EACH_END {
        return format!("\"{}\"", escape(bytes));
    }
    let head = escape(&bytes[..KEPT_AT_EACH_END]);
    let tail = escape(&bytes[bytes.len() - KEPT_AT_EACH_END..]);
    format!("\"{head}\" ... \"{tail}\" ({} bytes)", bytes.len())
}

/// Quotes two values that differ. If they are long, only the surroundings of the first difference
/// are shown, so that the difference is always visible.
pub fn quote_both(left: &[u8], right: &[u8]) -> (String, String) {
    if left.len().max(right.len()) <= 3 * KEPT_AT_EACH_END {
        return (quote(left), quote(right));
    }
    let same = left
        .iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count();
    (quote_around(left, same), quote_around(right, same))
}

fn quote_around(bytes: &[u8], at: usize) -> String {
    let from = at.saturating_sub(KEPT_AT_EACH_END / 4).min(bytes.len());
    let to = (at + KEPT_AT_EACH_END / 2).min(bytes.len());
    format!(
        "\"{}\" (bytes {from}..{to} of {})",
        escape(&bytes[from..to]),
        bytes.len()
    )
}

/// Escapes a text for XML. XML cannot hold control characters at all, not even escaped, so they are
/// replaced.
pub fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            char if char.is_control() => escaped.push('\u{FFFD}'),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_shown_whole() {
        assert_eq!(escape(b"data: \xE2\r\n"), r"data: \xE2\r\n");
        assert_eq!(escape("\u{FEFF}a".as_bytes()), r"\u{FEFF}a");
        assert_eq!(line(b"{\"seq\":7}\n"), r#"{"seq":7}\n"#);
        assert_eq!(quote(b"a\n"), r#""a\n""#);
        let both = quote_both(b"ab", b"ac");
        assert_eq!(both, (r#""ab""#.to_owned(), r#""ac""#.to_owned()));
    }

    #[test]
    fn what_is_long_is_shortened_and_its_length_is_shown() {
        assert!(line(&[b'x'; 1000]).ends_with("x ... (1000 bytes)"));
        assert!(quote(&[b'x'; 1000]).ends_with(r#"xxx" (1000 bytes)"#));
    }

    #[test]
    fn everything_that_is_not_printable_ascii_is_escaped() {
        assert_eq!(escape(b"\0\x1b\x7f\"\\"), r#"\u{0000}\u{001B}\u{007F}\"\\"#);
        assert_eq!(escape("\u{430}\u{1F600}".as_bytes()), r"\u{0430}\u{1F600}");
        assert_eq!(escape(b"\xF0\x9F\x98x"), r"\xF0\x9F\x98x");
    }

    #[test]
    fn a_difference_deep_in_a_long_value_is_shown() {
        let left = [b'x'; 5000];
        let mut right = left;
        right[4000] = b'y';
        let (left, right) = quote_both(&left, &right);
        assert_ne!(left, right);
        assert!(right.contains("xyx") && right.len() < 200, "{right}");
    }

    #[test]
    fn a_long_value_that_is_cut_off_is_shown_at_its_end() {
        let (left, right) = quote_both(&[b'x'; 5000], &[b'x'; 400]);
        assert!(left.ends_with("(bytes 375..450 of 5000)"), "{left}");
        assert!(right.ends_with("(bytes 375..400 of 400)"), "{right}");
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            super::xml("a<&\"\u{0}\u{1B}\u{FFFE}"),
            "a&lt;&amp;&quot;\u{FFFD}\u{FFFD}\u{FFFD}"
        );
    }
}
