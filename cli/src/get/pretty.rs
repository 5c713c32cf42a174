//! An event for people.

use std::iter::repeat_n;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::IgnoredAny;

use crate::event_json::EventJson;

/// Longer data is shown as it came.
const INDENTED: usize = 64 * 1024;
/// Deeper data, too: each line of it would be mostly blanks. `serde_json` reads no deeper values.
const DEEPEST: usize = 128;

pub(super) struct Pretty {
    is_coloured: bool,
}

#[derive(Clone, Copy)]
enum Colour {
    Dim,
    Type,
    Id,
}

impl Pretty {
    pub(super) const fn new(is_coloured: bool) -> Self {
        Self { is_coloured }
    }

    /// Time (UTC), type and ID in a line, then the data.
    pub(super) fn append(&self, event: EventJson<'_>, out: &mut Vec<u8>) {
        self.put(Colour::Dim, &time_of_day(), out);
        out.push(b' ');
        self.put(Colour::Type, &printable(event.event_type), out);
        if !event.last_event_id.is_empty() {
            out.push(b' ');
            let id = format!("#{}", printable(event.last_event_id));
            self.put(Colour::Id, &id, out);
        }
        for line in data(event.data).lines() {
            out.extend_from_slice(b"\n  ");
            out.extend_from_slice(printable(line).as_bytes());
        }
    }

    fn put(&self, colour: Colour, text: &str, out: &mut Vec<u8>) {
        let code = match colour {
            Colour::Dim => "\x1b[2m",
            Colour::Type => "\x1b[1;36m",
            Colour::Id => "\x1b[33m",
        };
        let (start, end) = if self.is_coloured {
            (code, "\x1b[0m")
        } else {
            ("", "")
        };
        for part in [start, text, end] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

/// A stream must not be able to control the terminal.
fn printable(text: &str) -> String {
    let escaped = text.chars().flat_map(|c| {
        let is_harmless = !c.is_control() || c == '\t';
        let (as_it_is, escaped) = if is_harmless {
            (Some(c), None)
        } else {
            (None, Some(c.escape_default()))
        };
        as_it_is.into_iter().chain(escaped.into_iter().flatten())
    });
    escaped.collect()
}

/// JSON objects and arrays are indented.
fn data(data: &str) -> String {
    let is_json = data.starts_with(['{', '['])
        && data.len() <= INDENTED
        && serde_json::from_str::<IgnoredAny>(data).is_ok();
    let indented = is_json.then(|| indented(data)).flatten();
    indented.unwrap_or_else(|| data.to_owned())
}

/// Changes nothing but the blanks between the tokens: members keep their order, and numbers their
/// digits. `None` if it is too deep.
fn indented(json: &str) -> Option<String> {
    let mut out = String::with_capacity(2 * json.len());
    let mut depth = 0;
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push(c);
                while let Some(c) = chars.next() {
                    out.push(c);
                    match c {
                        '"' => break,
                        '\\' => out.extend(chars.next()),
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    if depth > DEEPEST {
                        return None;
                    }
                    line(depth, &mut out);
                }
            }
            '}' | ']' => {
                depth -= 1;
                line(depth, &mut out);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    Some(out)
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(repeat_n("  ", depth));
}

fn time_of_day() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.unwrap_or_default().as_millis();
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(is_coloured: bool, event_type: &str, data: &str, id: &str) -> String {
        let event = EventJson {
            event_type,
            data,
            last_event_id: id,
        };
        let mut out = Vec::new();
        Pretty::new(is_coloured).append(event, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_indented() {
        let plain = shown(false, "head", r#"{"slot":"10"}"#, "7");
        let (time, rest) = plain.split_at(12);
        assert!(
            time.bytes().filter(u8::is_ascii_digit).count() == 9,
            "{time}"
        );
        assert_eq!(rest, " head #7\n  {\n    \"slot\": \"10\"\n  }");
        assert!(shown(false, "a", "{x", "").ends_with(" a\n  {x"));
        assert!(shown(false, "a", "", "").ends_with(" a"));
    }

    #[test]
    fn json_keeps_its_order_and_its_digits() {
        let data = r#"{"b":12345678901234567890123,"a":[1.0,{ }, []],"a":{"x":"\\\"{, :"}}"#;
        let shown = shown(false, "a", data, "");
        let expected = [
            "{",
            "    \"b\": 12345678901234567890123,",
            "    \"a\": [",
            "      1.0,",
            "      {},",
            "      []",
            "    ],",
            "    \"a\": {",
            r#"      "x": "\\\"{, :""#,
            "    }",
            "  }",
        ];
        let (_, lines) = shown.split_once("\n  ").unwrap();
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
        // As serde_json does it.
        let json = r#"{"a":[1,2,{"b":null}],"c":"","d":{},"e":[[],[true]]}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(indented(json), serde_json::to_string_pretty(&value).ok());
    }

    #[test]
    fn json_that_is_too_deep_is_shown_as_it_came() {
        let nested = |depth| "[".repeat(depth) + "1" + &"]".repeat(depth);
        let deep = nested(DEEPEST + 1);
        assert!(shown(false, "a", &deep, "").ends_with(&format!(" a\n  {deep}")));
        let lines = shown(false, "a", &nested(DEEPEST), "").lines().count();
        assert_eq!(lines, 2 * DEEPEST + 2);
    }

    #[test]
    fn colours() {
        assert!(shown(true, "a", "x", "").contains("\x1b[1;36ma\x1b[0m"));
        assert!(!shown(false, "a", "x", "").contains('\x1b'));
    }

    #[test]
    fn a_stream_cannot_control_the_terminal() {
        let shown = shown(false, "a\x1b[2J", "b\x07\u{9b}c", "d\x08");
        assert!(
            !shown.contains(['\x1b', '\x07', '\u{9b}', '\x08']),
            "{shown:?}"
        );
        assert!(shown.contains(r"b\u{7}\u{9b}c"), "{shown:?}");
    }
}
