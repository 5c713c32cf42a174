//! Bytes for people: line by line, and in hex. Of long values both ends are shown.

use std::fmt::Write;

use esse_conformance::report::escape::quote;

const LINES_AT_EACH_END: usize = 8;
const ROW: usize = 16;
const ROWS_AT_EACH_END: usize = 8;

/// Each line of an event stream, quoted, with its line end.
pub(crate) fn lines(stream: &[u8]) -> Vec<String> {
    shorten(&cut_lines(stream), LINES_AT_EACH_END, "lines", |line| {
        quote(line)
    })
}

/// Rows of an offset, sixteen bytes in hex, and the same in ASCII.
pub(crate) fn hex(bytes: &[u8]) -> Vec<String> {
    let rows: Vec<(usize, &[u8])> = bytes.chunks(ROW).enumerate().collect();
    shorten(&rows, ROWS_AT_EACH_END, "rows", |(index, row)| {
        hex_row(index * ROW, row)
    })
}

/// CR LF is one line end, as in 9.2.5.
fn cut_lines(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(line_length(rest));
        lines.push(line);
        rest = after;
    }
    lines
}

fn line_length(stream: &[u8]) -> usize {
    match stream.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(at) if stream[at..].starts_with(b"\r\n") => at + 2,
        Some(at) => at + 1,
        None => stream.len(),
    }
}

fn shorten<T>(
    items: &[T],
    at_each_end: usize,
    noun: &str,
    show: impl Fn(&T) -> String,
) -> Vec<String> {
    // One that is just over the limit is not made shorter by leaving out its middle.
    if items.len() <= 3 * at_each_end {
        return items.iter().map(show).collect();
    }
    let (head, rest) = items.split_at(at_each_end);
    let (middle, tail) = rest.split_at(rest.len() - at_each_end);
    let gap = format!("... {} more {noun} ...", middle.len());
    let head = head.iter().map(&show);
    head.chain([gap]).chain(tail.iter().map(&show)).collect()
}

fn hex_row(offset: usize, row: &[u8]) -> String {
    let mut digits = String::new();
    for byte in row {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x} ");
    }
    let printable = |byte: &u8| {
        if matches!(byte, b' '..=b'~') {
            char::from(*byte)
        } else {
            '.'
        }
    };
    let ascii: String = row.iter().map(printable).collect();
    format!("{offset:06x}  {digits:48} |{ascii}|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_end_ends_a_line() {
        let expected = [r#""a\n""#, r#""b\r""#, r#""\r\n""#, r#""\n""#, r#""c""#];
        assert_eq!(lines(b"a\nb\r\r\n\nc"), expected);
    }

    #[test]
    fn hex_shows_offset_bytes_and_text() {
        let rows = hex(b"0123456789abcdef\n\xE2");
        assert_eq!(
            rows[0],
            "000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|"
        );
        assert_eq!(rows[1], format!("000010  {:48} |..|", "0a e2"));
    }

    #[test]
    fn what_is_long_is_shown_by_both_ends() {
        let stream = [&b"first\n"[..], &b"x\n".repeat(1000), b"last\n"].concat();
        let shown = lines(&stream);
        assert_eq!(shown.len(), 17);
        assert_eq!(
            (shown[0].as_str(), shown[16].as_str()),
            (r#""first\n""#, r#""last\n""#)
        );
        assert_eq!(shown[8], "... 986 more lines ...");
        assert!(hex(&stream).len() == 17);
    }
}
