//! The names of events to listen for. An `EventSource` has no listener for all of them, so each name is
//! registered that the bytes of a stream could give, read rightly or wrongly.

use std::collections::BTreeSet;

use super::decode::utf16;

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
/// The longest name (bytes) under such a reading: if a stream of 1 MiB has one line, each of its
/// fields would be a name of 1 MiB.
const LONGEST_WRONG: usize = 1024;

/// The types that the page always listens for.
const ALWAYS: [&str; 3] = ["message", "open", "error"];

/// The names for one stream, each once.
pub(crate) fn names(stream: &[u8]) -> Vec<String> {
    let mut names: BTreeSet<String> = ALWAYS.into_iter().map(str::to_owned).collect();
    add_all(&String::from_utf8_lossy(stream), &mut names);
    for (mark, big_endian) in [(b"\xFF\xFE", false), (b"\xFE\xFF", true)] {
        if stream.starts_with(mark) {
            add_all(&utf16(stream, big_endian), &mut names);
        }
    }
    names.remove("");
    names.into_iter().collect()
}

fn add_all(text: &str, names: &mut BTreeSet<String>) {
    add(text, names);
    if text.contains('\0') {
        add(&text.replace('\0', ""), names);
    }
}

fn add(text: &str, names: &mut BTreeSet<String>) {
    add_lines(text, ENDS, usize::MAX, names);
    for ends in WRONG_ENDS {
        add_lines(text, ends, LONGEST_WRONG, names);
    }
}

/// Whatever follows the word, in a field or not.
fn add_lines(text: &str, ends: &[char], longest: usize, names: &mut BTreeSet<String>) {
    for line in text.split(ends) {
        for (at, word) in line.match_indices("event") {
            let rest = &line[at + word.len()..];
            if rest.len() <= longest {
                add_value(rest, names);
            }
        }
    }
}

fn add_value(rest: &str, names: &mut BTreeSet<String>) {
    let value = rest.strip_prefix(':').unwrap_or(rest);
    let values = [
        value,
        value.strip_prefix(' ').unwrap_or(value),
        value.trim_start(),
        value.trim(),
    ];
    for value in values {
        if !names.contains(value) {
            names.insert(value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_there_under_every_reading() {
        let names = names(b"\xFFevent:  a\0b \rdata: x\n\nevent: c");
        for name in [
            "message", "  a\0b ", " a\0b ", "a\0b", " ab ", "ab", "a", "c",
        ] {
            assert!(names.contains(&name.to_owned()), "{name:?} of {names:?}");
        }
        // If CR does not end a line.
        assert!(names.contains(&" a\0b \rdata: x".to_owned()), "{names:?}");
        assert!(!names.contains(&String::new()));
    }
}
