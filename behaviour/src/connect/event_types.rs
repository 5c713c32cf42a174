//! The types of events to listen for. An `EventSource` has no listener for all of them, so each type
//! is registered that the bytes of a stream could give, read rightly or wrongly.

use std::collections::BTreeSet;

/// What ends a line.
const ENDS: &[char] = &['\r', '\n'];
/// What might be taken for all that does.
const WRONG_ENDS: [&[char]; 3] = [
    &['\n'],
    &['\r'],
    &[
        '\r', '\n', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}', '\0',
    ],
];
/// The longest type (bytes) under such a reading: if a stream of 1 MiB has one line, each of its
/// fields would be a type of 1 MiB.
const LONGEST_WRONG: usize = 1024;

/// The types that a page always listens for.
const ALWAYS: [&str; 3] = ["message", "open", "error"];

/// The types of events that a page must listen for on an `EventSource` with this stream, so that it
/// also sees an event that should not be there: each once, `message`, `open` and `error` among them.
///
/// ```
/// use esse_behaviour::connect::event_types;
///
/// assert!(event_types(b"event:a\ndata\n\n").contains(&"a".to_owned()));
/// ```
pub fn event_types(stream: &[u8]) -> Vec<String> {
    let mut types: BTreeSet<String> = ALWAYS.into_iter().map(str::to_owned).collect();
    add_all(&String::from_utf8_lossy(stream), &mut types);
    for (mark, big_endian) in [(b"\xFF\xFE", false), (b"\xFE\xFF", true)] {
        if stream.starts_with(mark) {
            add_all(&utf16(stream, big_endian), &mut types);
        }
    }
    types.remove("");
    types.into_iter().collect()
}

fn add_all(text: &str, types: &mut BTreeSet<String>) {
    add(text, types);
    if text.contains('\0') {
        add(&text.replace('\0', ""), types);
    }
}

fn add(text: &str, types: &mut BTreeSet<String>) {
    add_lines(text, ENDS, usize::MAX, types);
    for ends in WRONG_ENDS {
        add_lines(text, ends, LONGEST_WRONG, types);
    }
}

/// Whatever follows the word, in a field or not.
fn add_lines(text: &str, ends: &[char], longest: usize, types: &mut BTreeSet<String>) {
    for line in text.split(ends) {
        for (at, word) in line.match_indices("event") {
            let rest = &line[at + word.len()..];
            if rest.len() <= longest {
                add_value(rest, types);
            }
        }
    }
}

fn add_value(rest: &str, types: &mut BTreeSet<String>) {
    let value = rest.strip_prefix(':').unwrap_or(rest);
    let values = [
        value,
        value.strip_prefix(' ').unwrap_or(value),
        value.trim_start(),
        value.trim(),
    ];
    for value in values {
        if !types.contains(value) {
            types.insert(value.to_owned());
        }
    }
}

/// UTF-16 with U+FFFD for what is not.
fn utf16(bytes: &[u8], big_endian: bool) -> String {
    let units = bytes.chunks(2).map(|pair| match pair {
        [first, second] if big_endian => u16::from_be_bytes([*first, *second]),
        [first, second] => u16::from_le_bytes([*first, *second]),
        _ => 0xFFFD,
    });
    String::from_utf16_lossy(&units.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_there_under_every_reading() {
        let types = event_types(b"\xFFevent:  a\0b \rdata: x\n\nevent: c");
        for event_type in [
            "message", "  a\0b ", " a\0b ", "a\0b", " ab ", "ab", "a", "c",
        ] {
            assert!(
                types.contains(&event_type.to_owned()),
                "{event_type:?} of {types:?}"
            );
        }
        // If CR does not end a line.
        assert!(types.contains(&" a\0b \rdata: x".to_owned()), "{types:?}");
        assert!(!types.contains(&String::new()));
    }
}
